/** Exec and attach over SPDY: one stream per channel, told apart by the header `streamtype`. */
import type { Duplex } from "node:stream";
import type { Clock } from "../../../ports/clock.js";
import { type ClientSession, IDLE_TEXT, SessionOverError, type Wanted } from "../client-session.js";
import { TerminalSizes } from "../terminal-sizes.js";
import { statusJson, statusText, type Verdict } from "../verdict.js";
import { aborted, endAll } from "../waiting.js";
import { SpdyConnection } from "./connection.js";
import type { SpdyStream } from "./stream.js";

/** Protocols of exec and attach over SPDY, as the kubelet names them. */
export const REMOTE_COMMAND_PROTOCOLS: readonly string[] = [
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
];

/** A connection that has just been switched. */
export interface SpdySessionOptions {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly protocol: string;
  readonly wanted: Wanted;
  readonly clock: Clock;
  /** Aborts when the gateway stops. */
  readonly signal: AbortSignal;
}

const MAX_STREAMS = 32;
const STREAMS_TIMEOUT_MS = 30_000;
/** The client hangs up by itself once it has read the verdict; it loses least if it does so first. */
const HANG_UP_MS = 2_000;

/** Waits until all streams are there. undefined: they did not come in time, and the connection is over. */
export async function acceptSpdySession(options: SpdySessionOptions): Promise<ClientSession | undefined> {
  const { socket, head, protocol, wanted, clock, signal } = options;
  const streams = new StreamSet(expectedStreams(wanted, protocol));
  const limits = { maxStreams: MAX_STREAMS };
  const idle = new AbortController();
  const connection = new SpdyConnection(socket, {
    clock,
    head,
    limits,
    onStream: (stream) => streams.take(stream),
    onIdle: () => idle.abort(new SessionOverError(IDLE_TEXT)),
  });
  const waiting = new AbortController();
  const late = clock.sleep(STREAMS_TIMEOUT_MS, AbortSignal.any([signal, connection.ended, waiting.signal]));
  await Promise.race([streams.complete, late.catch(() => {})]);
  waiting.abort();
  const session = new SpdySession({ connection, idle: idle.signal }, streams, options);
  if (streams.isComplete) return session;
  await session.finish({ kind: "failed", message: signal.aborted ? "the gateway is stopping" : "streams are missing" });
  return undefined;
}

function expectedStreams({ stdin, stdout, stderr, tty }: Wanted, protocol: string): ReadonlySet<string> {
  const knowsResize = /^v[3-9]/.test(protocol);
  const all = { error: true, stdin, stdout, stderr: stderr && !tty, resize: tty && knowsResize };
  return new Set(Object.entries(all).flatMap(([name, isWanted]) => (isWanted ? [name] : [])));
}

/** The expected streams, once each. */
class StreamSet {
  readonly #expected: ReadonlySet<string>;
  readonly #found = new Map<string, SpdyStream>();
  readonly #complete = Promise.withResolvers<void>();

  constructor(expected: ReadonlySet<string>) {
    this.#expected = expected;
  }

  get complete(): Promise<void> {
    return this.#complete.promise;
  }

  get isComplete(): boolean {
    return this.#found.size === this.#expected.size;
  }

  get(name: string): SpdyStream | undefined {
    return this.#found.get(name);
  }

  take(stream: SpdyStream): void {
    const name = stream.headers["streamtype"] ?? "";
    if (!this.#expected.has(name) || this.#found.has(name)) return stream.reset();
    this.#found.set(name, stream.accept());
    if (this.isComplete) this.#complete.resolve();
  }
}

interface Transport {
  readonly connection: SpdyConnection;
  /** Aborts when nobody has used the connection for too long. */
  readonly idle: AbortSignal;
}

class SpdySession implements ClientSession {
  readonly stdin: SpdyStream | undefined;
  readonly stdout: SpdyStream | undefined;
  readonly stderr: SpdyStream | undefined;
  readonly sizes = new TerminalSizes();
  readonly gone: AbortSignal;
  readonly #connection: SpdyConnection;
  readonly #error: SpdyStream | undefined;
  readonly #options: SpdySessionOptions;

  constructor({ connection, idle }: Transport, streams: StreamSet, options: SpdySessionOptions) {
    this.#connection = connection;
    this.gone = AbortSignal.any([connection.leaving, idle]);
    this.#options = options;
    this.stdin = streams.get("stdin");
    this.stdout = streams.get("stdout");
    this.stderr = streams.get("stderr");
    this.#error = streams.get("error");
    // Nobody reads these, yet their end has to be seen.
    for (const stream of [this.stdout, this.stderr, this.#error]) stream?.resume();
    streams.get("resize")?.on("data", (bytes: Buffer) => this.sizes.push(bytes));
    if (options.protocol === "channel.k8s.io") this.stdin?.end();
  }

  async finish(verdict: Verdict): Promise<void> {
    const { ended } = this.#connection;
    await Promise.all([endAll(this.stdout, ended), endAll(this.stderr, ended)]);
    const status = /^v[4-9]/.test(this.#options.protocol) ? statusJson(verdict) : statusText(verdict);
    if (status !== "" && this.#error?.writable === true) this.#error.write(status);
    await endAll(this.#error, ended);
    this.stdin?.reset(); // also frees a connection that is held back by input nobody reads
    await this.#hungUp();
    await this.#connection.close();
  }

  async #hungUp(): Promise<void> {
    const { leaving } = this.#connection;
    await Promise.race([aborted(leaving), this.#options.clock.sleep(HANG_UP_MS, leaving).catch(() => {})]);
  }
}
