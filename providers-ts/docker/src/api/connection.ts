/**
 * HTTP over the engine's UNIX socket: whole answers, streams, and connections that are taken over ("hijacked"). Node's own
 * client does it all; why no client library: docs/adr/0006-docker-api-by-node-http.md.
 */
import { Agent, request, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import type { Socket } from "node:net";
import { EngineAway, EngineError } from "./errors.js";
import { isPodman, type EngineVersion } from "./objects.js";

/** One call. */
export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** With the query, without the version. */
  readonly path: string;
  /** Sent as JSON; bytes are sent as a tar archive. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A connection taken over: bytes both ways. */
export interface Hijacked {
  readonly socket: Socket;
  /** What came along with the answer. */
  readonly head: Buffer;
}

/** The API version that this provider is written for. */
const OWN_VERSION = "1.41";
const ANSWER_MS = 120_000;
/** Calls that are not answered must not keep others from being made. */
const MOST_CALLS = 256;

export class Connection {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MOST_CALLS });
  #prefix: string | undefined;
  #isPodman = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** The engine is podman, which differs from Docker in places. */
  get isPodman(): boolean {
    return this.#isPodman;
  }

  /** The answer's JSON; undefined where it has no body. */
  async json<Answer>(call: Call): Promise<Answer> {
    const answer = await this.#send(call, { agent: this.#agent, timeout: ANSWER_MS });
    const text = await readText(answer);
    return (text.trim() === "" ? undefined : JSON.parse(text)) as Answer;
  }

  /** The answer's bytes as they come, on a connection of its own. */
  async stream(call: Call): Promise<IncomingMessage> {
    return await this.#send(call, { agent: false });
  }

  async hijack(call: Call): Promise<Hijacked> {
    await this.#ready(call);
    return await new Promise((resolve, reject) => {
      const headers = { ...call.headers, Connection: "Upgrade", Upgrade: "tcp" };
      const sent = this.#open({ ...call, headers }, { agent: false });
      sent.once("upgrade", (_answer, socket, head) => resolve({ socket, head }));
      sent.once("response", (answer) => void refused(answer).catch(reject));
      sent.once("error", (error) => reject(away(error)));
      sent.end(encode(call.body).bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Asks which versions the engine speaks; called again after it was away. */
  async negotiate(): Promise<void> {
    this.#prefix = "";
    const version = await this.json<EngineVersion>({ method: "GET", path: "/version" });
    const { ApiVersion, MinAPIVersion } = version;
    this.#isPodman = isPodman(version);
    this.#prefix = `/v${chooseVersion(ApiVersion, MinAPIVersion)}`;
  }

  async #send(call: Call, options: RequestOptions): Promise<IncomingMessage> {
    await this.#ready(call);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = this.#open(call, options);
      sent.once("response", resolve);
      sent.once("error", (error) => reject(away(error)));
      sent.once("timeout", () => sent.destroy(new Error("no answer in time")));
      sent.end(call.method === "POST" ? encode(call.body).bytes : undefined);
    });
    return (answer.statusCode ?? 500) < 400 ? answer : await refused(answer);
  }

  async #ready({ signal }: Call): Promise<void> {
    if (this.#prefix === undefined) await this.negotiate();
    signal?.throwIfAborted();
  }

  #open(call: Call, options: RequestOptions): ClientRequest {
    const { bytes, type } = encode(call.body);
    return request({
      ...options,
      socketPath: this.#socketPath,
      method: call.method,
      path: `${this.#prefix ?? ""}${call.path}`,
      headers: {
        Host: "docker",
        ...(call.method === "POST" ? { "Content-Type": type, "Content-Length": bytes.length } : {}),
        ...call.headers,
      },
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }
}

/** The version to speak with an engine that speaks these. */
export function chooseVersion(newest: string, oldest: string = "1.12"): string {
  if (compare(OWN_VERSION, oldest) < 0) return oldest;
  return compare(OWN_VERSION, newest) > 0 ? newest : OWN_VERSION;
}

function compare(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split(".").map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split(".").map(Number);
  return leftMajor === rightMajor ? leftMinor - rightMinor : leftMajor - rightMajor;
}

function encode(body: unknown): { readonly bytes: Uint8Array; readonly type: string } {
  if (body instanceof Uint8Array) return { bytes: body, type: "application/x-tar" };
  return { bytes: Buffer.from(body === undefined ? "" : JSON.stringify(body)), type: "application/json" };
}

async function refused(answer: IncomingMessage): Promise<never> {
  const text = await readText(answer);
  throw new EngineError(answer.statusCode ?? 500, messageOf(text));
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // Plain text.
  }
  return text.trim() === "" ? "the engine gave no reason" : text.trim();
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  } catch (error) {
    throw away(error);
  }
  return Buffer.concat(chunks).toString();
}

function away(cause: unknown): EngineAway {
  return new EngineAway("the container engine cannot be reached", { cause });
}
