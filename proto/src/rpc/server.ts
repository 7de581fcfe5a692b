/**
 * Server side of the adapter over grpc-js. Encodes its traps: iterating a duplex must not destroy it, `cancelled` after a
 * handler's end means nothing, `write` waits for drain, a handler's own errors never reach the peer, and streams
 * without an end of their own are told when the server stops.
 */
import {
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  Server as GrpcServer,
  type ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceDefinition as GrpcServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Address } from "./address.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "./client.js";
import type { CallContext, Handlers, MethodDefinition, ServiceDefinition } from "./definition.js";
import { bindAddress } from "./listen.js";
import { Code, isStatusError, StatusError, toServiceError } from "./status.js";

/** How a server behaves. */
export interface ServerOptions {
  /** Largest message taken, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Told of every error of a handler that is not a StatusError; the peer sees "internal error" only. */
  readonly onInternalError: (error: unknown, path: string) => void;
}

/** A gRPC server. */
export interface RpcServer {
  /** Adds a service; every method must have its handler. */
  add<Service extends ServiceDefinition>(service: Service, handlers: Handlers<Service>): void;
  /** Binds and serves. Returns the address, with the port that was chosen for port 0. */
  listen(address: Address, credentials?: ServerCredentials): Promise<Address>;
  /** Stops taking calls, lets unary calls finish and streams end for at most drainMs, then ends the rest. */
  shutdown(drainMs: number): Promise<void>;
  /** @internal For services that come with their own grpc-js implementation (health, reflection). */
  readonly grpc: GrpcServer;
}

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): RpcServer {
  const limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const grpc = new GrpcServer({ "grpc.max_receive_message_length": limit, "grpc.max_send_message_length": -1 });
  const scope: Scope = {
    stopping: new AbortController(),
    killed: new AbortController(),
    onInternalError: options.onInternalError,
  };
  return {
    grpc,
    add: (service, handlers) => addService(grpc, scope, service, handlers),
    listen: (address, credentials) => bindAddress(grpc, address, credentials),
    shutdown: (drainMs) => shutdown(grpc, scope, drainMs),
  };
}

/** What all calls of one server share. */
interface Scope {
  readonly stopping: AbortController;
  readonly killed: AbortController;
  readonly onInternalError: (error: unknown, path: string) => void;
}

async function shutdown(grpc: GrpcServer, scope: Scope, drainMs: number): Promise<void> {
  scope.stopping.abort(new StatusError(Code.UNAVAILABLE, "the server is shutting down"));
  const drained = new Promise<void>((resolve) => grpc.tryShutdown(() => resolve()));
  const timer = setTimeout(() => {
    scope.killed.abort(new StatusError(Code.UNAVAILABLE, "the server is shutting down"));
    setImmediate(() => grpc.forceShutdown());
  }, drainMs);
  await drained;
  clearTimeout(timer);
}

function addService<Service extends ServiceDefinition>(
  grpc: GrpcServer,
  scope: Scope,
  service: Service,
  handlers: Handlers<Service>,
): void {
  const definition: Record<string, GrpcServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(service.methods)) {
    const handler = (handlers as Record<string, AnyHandler | undefined>)[name];
    if (handler === undefined) throw new Error(`${service.fullName}: no handler for ${method.name}`);
    const path = `/${service.fullName}/${method.name}`;
    definition[name] = toGrpcMethod(path, method);
    implementation[name] = toGrpcHandler({ path, scope, handler }, method);
  }
  grpc.addService(definition, implementation);
}

type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** What all four kinds of call have. */
interface AnyCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

interface Bound {
  readonly path: string;
  readonly scope: Scope;
  readonly handler: AnyHandler;
}

function toGrpcMethod(path: string, method: MethodDefinition): GrpcServiceDefinition[string] {
  return {
    path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: (message: unknown) => Buffer.from(method.requestType.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => method.requestType.decode(bytes),
    responseSerialize: (message: unknown) => asBuffer(method.responseType.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => method.responseType.decode(bytes),
  };
}

function toGrpcHandler(bound: Bound, method: MethodDefinition): UntypedServiceImplementation[string] {
  if (method.responseStream) return method.requestStream ? bidi(bound) : serverStream(bound);
  return method.requestStream ? clientStream(bound) : unary(bound);
}

function unary(bound: Bound): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    void run(bound, call, async (context) => {
      const answer = await bound.handler(call.request, context);
      callback(null, answer);
    }).then((error) => error && callback(error));
  };
}

function clientStream(bound: Bound): handleClientStreamingCall<unknown, unknown> {
  return (call, callback) => {
    void run(bound, call, async (context) => {
      const answer = await bound.handler(requests(call, context), context);
      callback(null, answer);
    }).then((error) => error && callback(error));
  };
}

function serverStream(bound: Bound): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    void run(bound, call, async (context) => {
      await writeAll(call, bound.handler(call.request, context) as AsyncIterable<unknown>, context);
      call.end();
    }).then((error) => error && call.emit("error", error));
  };
}

function bidi(bound: Bound): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    void run(bound, call, async (context) => {
      await writeAll(call, bound.handler(requests(call, context), context) as AsyncIterable<unknown>, context);
      call.end();
    }).then((error) => error && call.emit("error", error));
  };
}

/** Runs one handler with its context; returns the error for the peer, if any. */
async function run(bound: Bound, call: AnyCall, body: (context: CallContext) => Promise<void>) {
  const cancelled = new AbortController();
  const cancel = () => cancelled.abort(new StatusError(Code.CANCELLED, "the call was cancelled"));
  call.on("cancelled", cancel);
  if (call.cancelled) cancel();
  const { scope, path } = bound;
  const context: CallContext = {
    signal: AbortSignal.any([cancelled.signal, scope.killed.signal]),
    stopping: scope.stopping.signal,
    path,
    metadata: (key) => call.metadata.get(key)[0]?.toString(),
  };
  try {
    await body(context);
    return undefined;
  } catch (error) {
    if (!isStatusError(error) && !context.signal.aborted) scope.onInternalError(error, path);
    return toServiceError(error);
  } finally {
    call.off("cancelled", cancel); // it fires after a good end too
  }
}

/** The requests of a call. A client's cancel looks like a clean end to grpc-js; here it rejects. */
async function* requests(
  call: ServerReadableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  { signal }: CallContext,
): AsyncGenerator<unknown> {
  for await (const request of call.iterator({ destroyOnReturn: false })) {
    signal.throwIfAborted();
    yield request;
  }
  if (call.cancelled) await new Promise((resolve) => setImmediate(resolve)); // `cancelled` follows the end
  signal.throwIfAborted();
}

async function writeAll(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
  source: AsyncIterable<unknown>,
  { signal }: CallContext,
): Promise<void> {
  for await (const message of source) {
    signal.throwIfAborted();
    if (!call.write(message)) await drainedOrAborted(call, signal);
  }
}

function drainedOrAborted(call: Pick<AnyCall, "on" | "off">, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      call.off("drain", settle);
      signal.removeEventListener("abort", settle);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    call.on("drain", settle);
    signal.addEventListener("abort", settle);
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
