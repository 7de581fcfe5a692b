/** Exec and attach over WebSocket: one channel per stream, told apart by the first byte of each message. */
import { PassThrough, type Writable } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock } from "../../../ports/clock.js";
import type { ClientSession, Wanted } from "../client-session.js";
import { TerminalSizes } from "../terminal-sizes.js";
import { statusJson, statusText, type Verdict } from "../verdict.js";
import { aborted, endAll, writeAll } from "../waiting.js";
import {
  Channel,
  type ChannelMessage,
  type ChannelProtocol,
  channelProtocol,
  decodeMessage,
  encodeMessage,
} from "./channels.js";
import { type WebSocketLife, watchLife } from "./keep-alive.js";
import { createChannelWriter, sendMessages, type WebSocketLink } from "./writer.js";

const STDIN_BYTES = 256 * 1024;
const NORMAL = 1000;
/** Time for the client's half of the closing handshake. */
const CLOSE_MS = 5_000;

/** Makes the session and tells the client that it is up. */
export function createWebSocketSession(link: WebSocketLink, wanted: Wanted, clock: Clock): ClientSession {
  return new WebSocketSession(link, wanted, clock);
}

class WebSocketSession implements ClientSession {
  readonly stdin: PassThrough | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly sizes = new TerminalSizes();
  readonly gone: AbortSignal;
  readonly #error: Writable;
  readonly #link: WebSocketLink;
  readonly #socket: WebSocket;
  readonly #protocol: ChannelProtocol;
  readonly #life: WebSocketLife;
  readonly #clock: Clock;

  constructor(link: WebSocketLink, { stdin, stdout, stderr, tty }: Wanted, clock: Clock) {
    const { socket } = link;
    this.#link = link;
    this.#socket = socket;
    this.#clock = clock;
    this.#protocol = channelProtocol(socket.protocol);
    this.#life = watchLife(socket, clock);
    this.gone = AbortSignal.any([this.#life.closed, this.#life.idle]);
    this.stdin = stdin ? this.#createStdin() : undefined;
    this.stdout = stdout ? this.#writer(Channel.stdout) : undefined;
    this.stderr = stderr && !tty ? this.#writer(Channel.stderr) : undefined;
    this.#error = this.#writer(Channel.error);
    socket.on("message", (message: Buffer) => this.#take(message));
    const first = stdout ? Channel.stdout : this.stderr === undefined ? Channel.error : Channel.stderr;
    sendMessages(link, [encodeMessage(this.#protocol, first, Buffer.alloc(0))]);
  }

  /** The client's streams end with the WebSocket only, and any code but 1000 is an error to it. */
  async finish(verdict: Verdict): Promise<void> {
    const { closed } = this.#life;
    await Promise.all([endAll(this.stdout, closed), endAll(this.stderr, closed)]);
    const status = this.#protocol.hasStatus ? statusJson(verdict) : statusText(verdict);
    await writeAll(this.#error, Buffer.from(status), closed);
    await endAll(this.#error, closed);
    this.stdin?.destroy();
    this.#socket.resume();
    this.#socket.close(NORMAL);
    await Promise.race([aborted(closed), this.#clock.sleep(CLOSE_MS, closed).catch(() => {})]);
    this.#socket.terminate();
  }

  #createStdin(): PassThrough {
    const stdin = new PassThrough({ highWaterMark: STDIN_BYTES });
    const resume = (): void => this.#socket.resume();
    stdin.on("drain", resume).on("close", resume).on("error", resume);
    this.#socket.once("close", () => stdin.destroy());
    return stdin;
  }

  #writer(channel: number): Writable {
    return createChannelWriter(this.#link, (data) => {
      this.#life.touch();
      return encodeMessage(this.#protocol, channel, data);
    });
  }

  #take(message: Buffer): void {
    this.#life.touch();
    const decoded = decodeMessage(this.#protocol, message);
    if (decoded === undefined) return;
    if (decoded.channel === Channel.stdin) this.#takeStdin(decoded.data);
    if (decoded.channel === Channel.resize) this.sizes.push(decoded.data);
    if (this.#protocol.canClose && endsStdin(decoded)) this.stdin?.end();
  }

  #takeStdin(data: Buffer): void {
    if (this.stdin?.writable !== true || data.length === 0) return;
    if (!this.stdin.write(data)) this.#socket.pause();
  }
}

function endsStdin({ channel, data }: ChannelMessage): boolean {
  return channel === Channel.close && data.length === 1 && data[0] === Channel.stdin;
}
