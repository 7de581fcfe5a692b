/**
 * The four kinds of call on the server. Encodes the traps of grpc-js: iterating a duplex must not destroy it,
 * `cancelled` after a handler's end means nothing, `write` waits for drain, a client's cancel looks like a clean end of
 * its requests, and a handler's own errors never reach the peer.
 */
import type {
  Metadata,
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
  ServiceError,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { CallContext, MethodDefinition } from "./definition.js";
import { createInterrupt, type Interrupt } from "./interrupt.js";
import { Code, isStatusError, StatusError, toServiceError } from "./status.js";
import { decoded } from "./undecodable.js";

/** A handler of any kind. */
export type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** What all calls of one server share. */
export interface Scope {
  /** Fires when the shutdown begins. */
  readonly stopping: AbortController;
  /** Fires when the shutdown's patience is over. */
  readonly killed: AbortController;
  readonly onInternalError: (error: unknown, path: string) => void;
}

/** A handler with what it needs from its server. */
export interface Bound {
  readonly path: string;
  readonly scope: Scope;
  readonly handler: AnyHandler;
  readonly encode: (message: unknown) => Buffer;
}

type Readable = ServerReadableStream<unknown, Buffer> | ServerDuplexStream<unknown, Buffer>;
type Writable = ServerWritableStream<unknown, Buffer> | ServerDuplexStream<unknown, Buffer>;

/** What all four kinds of call have. */
interface AnyCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

type PeerError = Pick<ServiceError, "code" | "details" | "metadata">;

/** Makes grpc-js's handler for a method. */
export function toGrpcHandler(bound: Bound, method: MethodDefinition): UntypedServiceImplementation[string] {
  if (method.responseStream) return method.requestStream ? bidi(bound) : serverStream(bound);
  return method.requestStream ? clientStream(bound) : unary(bound);
}

function unary(bound: Bound): handleUnaryCall<unknown, Buffer> {
  return (call, callback) => {
    const body = async (context: CallContext) => bound.encode(await bound.handler(decoded(call.request), context));
    void serve(bound, call, body, (end) => (end.ok ? callback(null, end.value) : callback(end.error)));
  };
}

function clientStream(bound: Bound): handleClientStreamingCall<unknown, Buffer> {
  return (call, callback) => {
    const body = async (context: CallContext) => bound.encode(await bound.handler(requests(call, context), context));
    void serve(bound, call, body, (end) => (end.ok ? callback(null, end.value) : callback(end.error)));
  };
}

function serverStream(bound: Bound): handleServerStreamingCall<unknown, Buffer> {
  return (call) => {
    const body = async (context: CallContext, interrupt: Interrupt) =>
      await writeAll(bound, call, bound.handler(decoded(call.request), context), interrupt);
    void serve(bound, call, body, (end) => (end.ok ? call.end() : call.emit("error", end.error)));
  };
}

function bidi(bound: Bound): handleBidiStreamingCall<unknown, Buffer> {
  return (call) => {
    const body = async (context: CallContext, interrupt: Interrupt) =>
      await writeAll(bound, call, bound.handler(requests(call, context), context), interrupt);
    void serve(bound, call, body, (end) => (end.ok ? call.end() : call.emit("error", end.error)));
  };
}

type End<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: PeerError };
type Body<T> = (context: CallContext, interrupt: Interrupt) => Promise<T>;

/** Runs one handler and hands its end to grpc-js. */
async function serve<T>(bound: Bound, call: AnyCall, body: Body<T>, reply: (end: End<T>) => void): Promise<void> {
  reply(await run(bound, call, body));
}

/** Runs one handler with its context; never rejects. */
async function run<T>(bound: Bound, call: AnyCall, body: Body<T>): Promise<End<T>> {
  const { scope, path } = bound;
  const cancelled = new AbortController();
  const cancel = () => cancelled.abort(new StatusError(Code.CANCELLED, "the call was cancelled"));
  call.on("cancelled", cancel);
  if (call.cancelled) cancel();
  const signal = AbortSignal.any([cancelled.signal, scope.killed.signal]);
  const metadata = (key: string) => call.metadata.get(key)[0]?.toString();
  const interrupt = createInterrupt();
  const fire = () => interrupt.fire(signal.reason);
  signal.addEventListener("abort", fire);
  if (signal.aborted) fire();
  try {
    const work = body({ signal, stopping: scope.stopping.signal, path, metadata }, interrupt);
    return { ok: true, value: await work };
  } catch (error) {
    if (!isStatusError(error) && !signal.aborted) scope.onInternalError(error, path);
    return { ok: false, error: toServiceError(signal.aborted && !isStatusError(error) ? signal.reason : error) };
  } finally {
    call.off("cancelled", cancel); // it fires after a good end too
    signal.removeEventListener("abort", fire);
  }
}

/** The requests of a call. A client's cancel looks like a clean end to grpc-js; here it rejects. */
async function* requests(call: Readable, { signal }: CallContext): AsyncGenerator<unknown> {
  for await (const request of call.iterator({ destroyOnReturn: false })) {
    signal.throwIfAborted();
    yield decoded(request);
  }
  await new Promise((resolve) => setImmediate(resolve)); // `cancelled` follows the end
  signal.throwIfAborted();
}

/** Writes all answers with back-pressure. A handler that waits for something else is left behind when the call is over. */
async function writeAll(bound: Bound, call: Writable, source: unknown, interrupt: Interrupt): Promise<void> {
  const iterator = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await interrupt.race(iterator.next());
      if (next.done === true) return;
      if (!call.write(bound.encode(next.value))) await interrupt.race(drained(call));
    }
  } catch (error) {
    void Promise.resolve(iterator.return?.()).catch(() => {}); // not awaited: it may wait for what never comes
    throw error;
  }
}

function drained(call: { once(event: "drain", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => call.once("drain", resolve));
}
