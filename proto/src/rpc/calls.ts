/**
 * The four kinds of call on the client, as promises and async iterables with an AbortSignal. Encodes the traps of
 * grpc-js: leaving an iteration cancels the call, `write` waits for drain, unary calls have a deadline.
 */
import {
  type CallOptions as GrpcCallOptions,
  type Client as GrpcClient,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  Metadata,
} from "@grpc/grpc-js";
import type { CallOptions } from "./definition.js";
import { createInterrupt } from "./interrupt.js";
import { fromServiceError } from "./status.js";

/** Deadline of unary calls that name none, milliseconds. */
export const DEFAULT_DEADLINE_MS = 10_000;

/** One method on one channel. */
export interface Call {
  readonly grpc: GrpcClient;
  readonly path: string;
  readonly encode: (message: unknown) => Buffer;
  readonly decode: (bytes: Buffer) => unknown;
  /** Counts the call as one in flight; the answer ends that. */
  readonly begin: () => () => void;
}

type Writable = ClientWritableStream<unknown> | ClientDuplexStream<unknown, unknown>;
type Readable = ClientReadableStream<unknown> | ClientDuplexStream<unknown, unknown>;

/** One request, one answer. */
export async function unary(call: Call, input: unknown, options: CallOptions): Promise<unknown> {
  options.signal.throwIfAborted();
  const { metadata, grpcOptions } = prepare(options, DEFAULT_DEADLINE_MS);
  const end = call.begin();
  return await settle(options.signal, (done) =>
    call.grpc.makeUnaryRequest(call.path, call.encode, call.decode, input, metadata, grpcOptions, done),
  ).finally(end);
}

/** Many requests, one answer. The answer may come before the requests end; the rest of them is not asked for. */
export async function clientStream(call: Call, input: AsyncIterable<unknown>, options: CallOptions): Promise<unknown> {
  options.signal.throwIfAborted();
  const { metadata, grpcOptions } = prepare(options, undefined);
  const end = call.begin();
  let writing: Promise<void> = Promise.resolve();
  const response = settle(options.signal, (done) => {
    const stream = call.grpc.makeClientStreamRequest(call.path, call.encode, call.decode, metadata, grpcOptions, done);
    writing = writeAll(stream, input).catch((error: unknown) => {
      stream.cancel();
      throw error;
    });
    return stream;
  });
  const [written, answered] = await Promise.allSettled([writing, response]).finally(end);
  options.signal.throwIfAborted();
  if (written.status === "rejected") throw written.reason;
  if (answered.status === "rejected") throw answered.reason;
  return answered.value;
}

/** One request, many answers. */
export function serverStream(call: Call, input: unknown, options: CallOptions): AsyncGenerator<unknown> {
  return read(call, options, () => {
    const { metadata, grpcOptions } = prepare(options, undefined);
    const { path, encode, decode } = call;
    return { stream: call.grpc.makeServerStreamRequest(path, encode, decode, input, metadata, grpcOptions) };
  });
}

/** Many requests, many answers, each at its own pace. */
export function bidi(call: Call, input: AsyncIterable<unknown>, options: CallOptions): AsyncGenerator<unknown> {
  return read(call, options, () => {
    const { metadata, grpcOptions } = prepare(options, undefined);
    const stream = call.grpc.makeBidiStreamRequest(call.path, call.encode, call.decode, metadata, grpcOptions);
    const requests: Requests = { written: Promise.resolve() };
    requests.written = writeAll(stream, input).catch((error: unknown) => {
      requests.failure = { error };
      stream.cancel();
    });
    return { stream, requests };
  });
}

/** The requests of a call that are being written. */
interface Requests {
  written: Promise<void>;
  /** Their source has thrown. */
  failure?: { readonly error: unknown };
}

interface Started {
  readonly stream: Readable;
  readonly requests?: Requests;
}

/** Runs one callback-style call, cancelling it on abort. */
async function settle(
  signal: AbortSignal,
  start: (done: (error: unknown, value?: unknown) => void) => { cancel(): void },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const stream = start((error, value) => (error ? reject(fromServiceError(error)) : resolve(value)));
  const cancel = () => stream.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    return await promise;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Starts a call when its first answer is asked for, and iterates its answers; leaving the iteration by any way ends it. */
async function* read(call: Call, { signal }: CallOptions, start: () => Started): AsyncGenerator<unknown> {
  signal.throwIfAborted();
  const end = call.begin();
  const { stream, requests } = start();
  const cancel = () => stream.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const message of stream as AsyncIterable<unknown>) {
      yield message;
      signal.throwIfAborted();
    }
    signal.throwIfAborted();
    await requests?.written;
  } catch (error) {
    signal.throwIfAborted();
    if (requests?.failure !== undefined) throw requests.failure.error;
    throw fromServiceError(error);
  } finally {
    signal.removeEventListener("abort", cancel);
    stream.on("error", () => {}); // the CANCELLED that our own cancel causes
    stream.cancel();
    end();
  }
}

/** Writes all requests with back-pressure; stops, and closes the source, once the call is over. */
async function writeAll(stream: Writable, source: AsyncIterable<unknown>): Promise<void> {
  const over = createInterrupt();
  const end = () => over.fire("over");
  stream.once("status", end).once("error", end);
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await over.race(iterator.next());
      if (next.done === true) break;
      if (!stream.write(next.value)) await over.race(drained(stream));
    }
  } catch (error) {
    if (!over.fired) throw error;
    void Promise.resolve(iterator.return?.()).catch(() => {}); // not awaited: it may wait for input that never comes
    return;
  }
  stream.end();
}

function drained(stream: { once(event: "drain", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => stream.once("drain", resolve));
}

function prepare(options: CallOptions, defaultDeadlineMs: number | undefined) {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  const grpcOptions: GrpcCallOptions = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  return { metadata, grpcOptions };
}
