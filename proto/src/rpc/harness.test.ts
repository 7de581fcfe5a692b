/** A small service with all four kinds of call, and a server of it in a folder of its own, for the tests of this folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Channel, connect, openChannel } from "./client.js";
import type { Address } from "./address.js";
import type {
  CallContext,
  CallOptions,
  Client,
  Handlers,
  MessageCodec,
  MethodDefinition,
  ServiceDefinition,
} from "./definition.js";
import { createServer, type RpcServer } from "./server.js";

export interface Frame {
  readonly text: string;
}

const codec: MessageCodec<Frame> = {
  encode: (frame) => {
    if (typeof frame.text !== "string") throw new TypeError(`no frame: ${JSON.stringify(frame)}`);
    return { finish: () => new TextEncoder().encode(frame.text) };
  },
  decode: (bytes) => {
    const text = new TextDecoder().decode(bytes);
    if (text === "undecodable") throw new RangeError("index out of range: canary-bytes");
    return { text };
  },
};

interface Method<Streams extends readonly [boolean, boolean]> extends MethodDefinition {
  readonly requestType: MessageCodec<Frame>;
  readonly requestStream: Streams[0];
  readonly responseType: MessageCodec<Frame>;
  readonly responseStream: Streams[1];
}

function method<const Streams extends readonly [boolean, boolean]>(name: string, streams: Streams): Method<Streams> {
  return { name, requestType: codec, requestStream: streams[0], responseType: codec, responseStream: streams[1] };
}

export interface TestServiceDefinition extends ServiceDefinition {
  readonly methods: {
    readonly once: Method<readonly [false, false]>;
    readonly collect: Method<readonly [true, false]>;
    readonly feed: Method<readonly [false, true]>;
    readonly chat: Method<readonly [true, true]>;
  };
}

export const TestService: TestServiceDefinition = {
  fullName: "outboard.rpc.test.TestService",
  methods: {
    once: method("Once", [false, false]),
    collect: method("Collect", [true, false]),
    feed: method("Feed", [false, true]),
    chat: method("Chat", [true, true]),
  },
};

export type TestHandlers = Handlers<TestServiceDefinition>;
export type TestClient = Client<TestServiceDefinition>;

/** Handlers that echo; a test overrides what it is about. */
export const ECHO: TestHandlers = {
  once: (frame) => Promise.resolve(frame),
  collect: async (frames) => {
    const texts: string[] = [];
    for await (const frame of frames) texts.push(frame.text);
    return { text: texts.join() };
  },
  feed: async function* (frame) {
    for (const text of frame.text.split(",")) yield { text };
  },
  chat: async function* (frames) {
    for await (const frame of frames) yield frame;
  },
};

export interface Rig extends AsyncDisposable {
  readonly address: Address;
  readonly server: RpcServer;
  readonly client: TestClient;
  readonly channel: Channel;
  /** What handlers threw that was not a StatusError. */
  readonly internal: unknown[];
}

/** Starts a server with its client. */
export async function startRig(handlers: Partial<TestHandlers> = {}, maxMessageBytes?: number): Promise<Rig> {
  const folder = await tempFolder();
  const internal: unknown[] = [];
  const limit = maxMessageBytes === undefined ? {} : { maxMessageBytes };
  const server = createServer({ onInternalError: (error) => internal.push(error), ...limit });
  server.add(TestService, { ...ECHO, ...handlers });
  const address = await server.listen({ kind: "unix", path: path.join(folder.path, "run", "p.sock") });
  const channel = openChannel({ address, ...limit });
  const dispose = async () => {
    channel[Symbol.dispose]();
    await server.shutdown(0);
    await folder[Symbol.asyncDispose]();
  };
  const client = connect(TestService, channel);
  return { address, server, channel, internal, client, [Symbol.asyncDispose]: dispose };
}

export async function tempFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "outboard-rpc-"));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Options of a call that nobody aborts. */
export function calm(options: Omit<CallOptions, "signal"> = {}): CallOptions {
  return { signal: new AbortController().signal, ...options };
}

export async function texts(answers: AsyncIterable<Frame>): Promise<string[]> {
  const all: string[] = [];
  for await (const answer of answers) all.push(answer.text);
  return all;
}

export async function* frames(...all: string[]): AsyncGenerator<Frame> {
  for (const text of all) yield { text };
}

/** Never ends by itself; rejects with the signal's reason. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

/** A handler that waits for the end of its call, and what it saw. */
export function waiting(): {
  readonly started: Promise<void>;
  readonly ended: Promise<unknown>;
  wait(context: CallContext): Promise<never>;
} {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const wait = async (context: CallContext) => {
    started.resolve();
    return await untilAborted(context.signal).catch((error: unknown) => {
      ended.resolve(error);
      throw error;
    });
  };
  return { started: started.promise, ended: ended.promise, wait };
}

/** What the promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (value === undefined) throw new Error("expected a rejection");
  return value.error;
}

/** Polls until the condition holds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never happened: ${what}`);
}
