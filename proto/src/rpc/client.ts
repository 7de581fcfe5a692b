/**
 * Client side of the adapter over grpc-js: promises and async iterables with an AbortSignal.
 * Encodes its traps: leaving an iteration cancels the call, `write` waits for drain, unary calls have a deadline.
 */
import {
  type CallOptions as GrpcCallOptions,
  Client as GrpcClient,
  type ChannelCredentials,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  Metadata,
} from "@grpc/grpc-js";
import { type Address, toTarget } from "./address.js";
import type { CallOptions, Client, MethodDefinition, ServiceDefinition } from "./definition.js";
import { fromServiceError } from "./status.js";

/** Deadline of unary calls that name none, milliseconds. */
export const DEFAULT_DEADLINE_MS = 10_000;
/** Largest message that a client takes, bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** How to reach a peer. */
export interface ChannelOptions {
  readonly address: Address;
  /** Default: plain text, which is right for UNIX sockets only. */
  readonly credentials?: ChannelCredentials;
  /** Largest message taken, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
}

/** A connection that is made when needed and made again when lost. */
export interface Channel extends Disposable {
  readonly address: Address;
  /** @internal */
  readonly grpc: GrpcClient;
}

/** Opens a channel; nothing is sent before the first call. Dispose of it to close the connection. */
export function openChannel(options: ChannelOptions): Channel {
  const limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const grpc = new GrpcClient(toTarget(options.address), options.credentials ?? credentials.createInsecure(), {
    "grpc.max_receive_message_length": limit,
    "grpc.max_send_message_length": -1,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    "grpc.use_local_subchannel_pool": 1,
  });
  return { address: options.address, grpc, [Symbol.dispose]: () => grpc.close() };
}

/** Makes the client of a service on a channel. */
export function connect<Service extends ServiceDefinition>(service: Service, channel: Channel): Client<Service> {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(service.methods)) {
    client[name] = bind(channel.grpc, `/${service.fullName}/${method.name}`, method);
  }
  return client as Client<Service>;
}

function bind(grpc: GrpcClient, path: string, method: MethodDefinition): unknown {
  const codec = {
    encode: (message: unknown) => asBuffer(method.requestType.encode(message).finish()),
    decode: (bytes: Buffer) => method.responseType.decode(bytes),
  };
  const call: Call = { grpc, path, ...codec };
  if (method.requestStream) {
    return method.responseStream
      ? (input: AsyncIterable<unknown>, options: CallOptions) => bidi(call, input, options)
      : (input: AsyncIterable<unknown>, options: CallOptions) => clientStream(call, input, options);
  }
  return method.responseStream
    ? (input: unknown, options: CallOptions) => serverStream(call, input, options)
    : (input: unknown, options: CallOptions) => unary(call, input, options);
}

interface Call {
  readonly grpc: GrpcClient;
  readonly path: string;
  readonly encode: (message: unknown) => Buffer;
  readonly decode: (bytes: Buffer) => unknown;
}

async function unary(call: Call, input: unknown, options: CallOptions): Promise<unknown> {
  options.signal.throwIfAborted();
  const { metadata, grpcOptions } = prepare(options, DEFAULT_DEADLINE_MS);
  return await settle(options.signal, (done) =>
    call.grpc.makeUnaryRequest(call.path, call.encode, call.decode, input, metadata, grpcOptions, done),
  );
}

async function clientStream(call: Call, input: AsyncIterable<unknown>, options: CallOptions): Promise<unknown> {
  options.signal.throwIfAborted();
  const { metadata, grpcOptions } = prepare(options, undefined);
  let writing: Promise<void> = Promise.resolve();
  const response = settle(options.signal, (done) => {
    const stream = call.grpc.makeClientStreamRequest(call.path, call.encode, call.decode, metadata, grpcOptions, done);
    writing = writeAll(stream, input);
    return stream;
  });
  const [answer] = await Promise.all([response, writing]);
  return answer;
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

async function* serverStream(call: Call, input: unknown, options: CallOptions): AsyncGenerator<unknown> {
  options.signal.throwIfAborted();
  const { metadata, grpcOptions } = prepare(options, undefined);
  yield* read(
    call.grpc.makeServerStreamRequest(call.path, call.encode, call.decode, input, metadata, grpcOptions),
    options,
  );
}

async function* bidi(call: Call, input: AsyncIterable<unknown>, options: CallOptions): AsyncGenerator<unknown> {
  options.signal.throwIfAborted();
  const { metadata, grpcOptions } = prepare(options, undefined);
  const stream = call.grpc.makeBidiStreamRequest(call.path, call.encode, call.decode, metadata, grpcOptions);
  let failure: { readonly error: unknown } | undefined;
  const writing = writeAll(stream, input).catch((error: unknown) => {
    failure = { error };
    stream.cancel();
  });
  try {
    yield* read(stream, options);
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    throw error;
  }
  await writing;
}

/** Iterates a call's responses; leaving the iteration by any way ends the call. */
async function* read(
  stream: ClientReadableStream<unknown> | ClientDuplexStream<unknown, unknown>,
  { signal }: CallOptions,
): AsyncGenerator<unknown> {
  const cancel = () => stream.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const message of stream as AsyncIterable<unknown>) yield message;
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted();
    throw fromServiceError(error);
  } finally {
    signal.removeEventListener("abort", cancel);
    stream.on("error", () => {}); // the CANCELLED that our own cancel causes
    stream.cancel();
  }
}

/** Writes all requests with back-pressure; stops, and closes the source, once the call is over. */
async function writeAll(
  stream: ClientWritableStream<unknown> | ClientDuplexStream<unknown, unknown>,
  source: AsyncIterable<unknown>,
): Promise<void> {
  const over = Promise.withResolvers<"over">();
  const end = () => over.resolve("over");
  stream.once("status", end).once("error", end);
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), over.promise]);
    if (next === "over") return void iterator.return?.(); // not awaited: it may be waiting for input that never comes
    if (next.done === true) break;
    if (!stream.write(next.value)) await Promise.race([drained(stream), over.promise]);
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

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
