/** A gRPC server: services with promise and generator handlers, private sockets, and a shutdown that drains. */
import {
  Server as GrpcServer,
  type ServiceDefinition as GrpcServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Address } from "./address.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "./client.js";
import { type ServerSecurity, serverCredentials } from "./credentials.js";
import { encodeMessage } from "./encode.js";
import type { Handlers, MethodDefinition, ServiceDefinition } from "./definition.js";
import { type AnyHandler, type Scope, toGrpcHandler } from "./handlers.js";
import { bindAddress } from "./listen.js";
import { Code, StatusError } from "./status.js";
import { decodeRequest } from "./undecodable.js";

/** Time in which the calls that are left at the end of a shutdown can still send their status, milliseconds. */
const LAST_WORDS_MS = 200;

/** How a server behaves. */
export interface ServerOptions {
  /** Largest message taken, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Asks peers for a new connection (GOAWAY) after about so long; calls under way go on. Default: never. */
  readonly maxConnectionAgeMs?: number;
  /** Told of every error of a handler that is not a StatusError; the peer sees "internal error" only. */
  readonly onInternalError: (error: unknown, path: string) => void;
}

/** A gRPC server. */
export interface RpcServer {
  /** Adds a service; every method must have its handler. @throws Error that names the missing one. */
  add<Service extends ServiceDefinition>(service: Service, handlers: Handlers<Service>): void;
  /**
   * Binds and serves. Returns the address, with the port that was chosen for port 0. UNIX sockets need no security; TCP
   * is refused without it. @throws Error that names the address and what is wrong.
   */
  listen(address: Address, credentials?: ServerSecurity): Promise<Address>;
  /**
   * Stops taking calls and fires `stopping`; lets unary calls finish and streams end for at most drainMs milliseconds,
   * then ends the rest with UNAVAILABLE. Resolves when everything is closed; safe to repeat.
   */
  shutdown(drainMs: number): Promise<void>;
}

/** Creates a server that does not listen yet. */
export function createServer(options: ServerOptions): RpcServer {
  const limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const age = options.maxConnectionAgeMs;
  const grpc = new GrpcServer({
    "grpc.max_receive_message_length": limit,
    "grpc.max_send_message_length": -1,
    ...(age === undefined ? {} : { "grpc.max_connection_age_ms": age }),
  });
  const scope: Scope = {
    stopping: new AbortController(),
    killed: new AbortController(),
    onInternalError: options.onInternalError,
  };
  const held: Disposable[] = [];
  let ending: Promise<void> | undefined;
  return {
    add: (service, handlers) => addService(grpc, scope, service, handlers),
    listen: async (address, credentials) => {
      const security = await serverCredentials(address, credentials);
      held.push(security);
      return await bindAddress(grpc, address, security.credentials);
    },
    shutdown: (drainMs) => (ending ??= shutdown(grpc, scope, drainMs, held)),
  };
}

async function shutdown(grpc: GrpcServer, scope: Scope, drainMs: number, held: readonly Disposable[]): Promise<void> {
  scope.stopping.abort(new StatusError(Code.UNAVAILABLE, "the server is shutting down"));
  const drained = new Promise<void>((resolve) => grpc.tryShutdown(() => resolve()));
  const timers = [
    setTimeout(() => scope.killed.abort(new StatusError(Code.UNAVAILABLE, "the server is shutting down")), drainMs),
    setTimeout(() => grpc.forceShutdown(), drainMs + LAST_WORDS_MS),
  ];
  await drained;
  for (const timer of timers) clearTimeout(timer);
  for (const each of held) each[Symbol.dispose]();
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
    implementation[name] = toGrpcHandler(
      { path, scope, handler, encode: (message) => encodeMessage(method.responseType, message) },
      method,
    );
  }
  grpc.addService(definition, implementation);
}

/** Handlers hand over bytes, so that an answer that cannot be encoded is an internal error like every other. */
function toGrpcMethod(path: string, method: MethodDefinition): GrpcServiceDefinition[string] {
  return {
    path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: (bytes: Buffer) => decodeRequest(method.requestType, bytes),
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  };
}
