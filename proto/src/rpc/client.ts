/** Client side of the adapter over grpc-js: channels, and clients made from service definitions. */
import { Client as GrpcClient } from "@grpc/grpc-js";
import { type Address, toTarget } from "./address.js";
import { bidi, type Call, clientStream, serverStream, unary } from "./calls.js";
import { type ClientSecurity, clientCredentials } from "./credentials.js";
import { encodeMessage } from "./encode.js";
import type { CallOptions, Client, MethodDefinition, ServiceDefinition } from "./definition.js";

/** Largest message that a client takes, bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** How to reach a peer. */
export interface ChannelOptions {
  readonly address: Address;
  /** Needed for TCP. UNIX sockets are plain text. */
  readonly credentials?: ClientSecurity;
  /** Largest message taken, bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
}

/** A connection that is made when needed and made again when lost. */
export interface Channel extends Disposable {
  readonly address: Address;
  /** Closes the connection once the calls that were begun have ended, also those that wait for it; no more may begin. */
  readonly retire: () => void;
  /** @internal */
  readonly grpc: GrpcClient;
  /** @internal A call in flight; the answer ends it. */
  readonly begin: () => () => void;
}

/**
 * Opens a channel; nothing is sent before the first call. Dispose of it to close the connection: calls in flight go on
 * to their end. @throws Error when TCP has no security.
 */
export function openChannel(options: ChannelOptions): Channel {
  const limit = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
  const held = clientCredentials(options.address, options.credentials);
  const name = options.credentials?.kind === "mtls" ? options.credentials.serverName : undefined;
  const grpc = new GrpcClient(toTarget(options.address), held.credentials, {
    "grpc.max_receive_message_length": limit,
    "grpc.max_send_message_length": -1,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    ...(name === undefined ? {} : { "grpc.ssl_target_name_override": name }),
  });
  const close = () => {
    grpc.close();
    held[Symbol.dispose]();
  };
  return { address: options.address, grpc, ...countCalls(close), [Symbol.dispose]: close };
}

function countCalls(close: () => void): Pick<Channel, "begin" | "retire"> {
  let calls = 0;
  let isRetired = false;
  const closeIfIdle = () => {
    if (isRetired && calls === 0) close();
  };
  return {
    begin: () => {
      calls += 1;
      return () => {
        calls -= 1;
        closeIfIdle();
      };
    },
    retire: () => {
      isRetired = true;
      closeIfIdle();
    },
  };
}

/** Makes the client of a service on a channel. */
export function connect<Service extends ServiceDefinition>(service: Service, channel: Channel): Client<Service> {
  const client: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(service.methods)) {
    client[name] = bind(channel, `/${service.fullName}/${method.name}`, method);
  }
  return client as Client<Service>;
}

function bind({ grpc, begin }: Channel, path: string, method: MethodDefinition): unknown {
  const call: Call = {
    grpc,
    path,
    begin,
    encode: (message) => encodeMessage(method.requestType, message),
    decode: (bytes) => method.responseType.decode(bytes),
  };
  if (method.requestStream) {
    const kind = method.responseStream ? bidi : clientStream;
    return (input: AsyncIterable<unknown>, options: CallOptions) => kind(call, input, options);
  }
  const kind = method.responseStream ? serverStream : unary;
  return (input: unknown, options: CallOptions) => kind(call, input, options);
}
