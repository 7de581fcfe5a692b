/** A gRPC proxy in front of a provider: passes everything on, with one fault. Works with any provider. */
import {
  addHealth,
  type Address,
  type CallContext,
  type CallOptions,
  type Channel,
  connect,
  ControlServiceDefinition,
  createServer,
  type Handlers,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  type MethodDefinition,
  NodeServiceDefinition,
  PodServiceDefinition,
  type RpcServer,
  type ServiceDefinition,
  StatsServiceDefinition,
} from "@outboard/contract";
import { type Message, only, type Passing, type Rule } from "./rule.js";

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const LONG_MS = 120_000;

/** A proxy that listens. */
export interface Proxy {
  readonly close: () => Promise<void>;
}

/** Starts a proxy at an address. */
export async function openProxy(upstream: Channel, address: Address, rule: Rule): Promise<Proxy> {
  const server = createServer({ maxMessageBytes: MAX_MESSAGE_BYTES, onInternalError: () => {} });
  const services = [
    IdentityServiceDefinition,
    NodeServiceDefinition,
    PodServiceDefinition,
    InteractionServiceDefinition,
    StatsServiceDefinition,
    ControlServiceDefinition,
  ];
  for (const service of services) add(server, service, upstream, rule);
  addHealth(
    server,
    services.map(({ fullName }) => fullName),
  );
  await server.listen(address);
  return { close: async () => await server.shutdown(100) };
}

type AnyMethod = (input: unknown, options: CallOptions) => unknown;

function add(server: RpcServer, service: ServiceDefinition, upstream: Channel, rule: Rule): void {
  const client = connect(service, upstream) as unknown as Readonly<Record<string, AnyMethod>>;
  const handlers = Object.entries(service.methods).map(([key, method]) => {
    const call = client[key];
    if (call === undefined) throw new Error(`no client for ${key}`);
    return [key, handler(key, method, call, rule)] as const;
  });
  server.add(service, Object.fromEntries(handlers) as unknown as Handlers<ServiceDefinition>);
}

// oxlint-disable-next-line max-params -- a method is these four things
function handler(
  key: string,
  method: MethodDefinition,
  call: AnyMethod,
  rule: Rule,
): (input: unknown, context: CallContext) => unknown {
  const run = (input: unknown, context: CallContext): AsyncIterable<Message> => {
    const session = context.metadata("outboard-session") ?? "";
    const passing: Passing = {
      method: key,
      session,
      signal: context.signal,
      next: (requests, other = session) => forward(method, call, requests, optionsOf(context, other, method)),
    };
    return rule(method.requestStream ? (input as AsyncIterable<Message>) : only(input), passing);
  };
  if (method.responseStream) return run;
  return async (input, context) => {
    for await (const answer of run(input, context)) return answer as unknown;
    throw new Error("the fault gave no answer");
  };
}

async function* forward(
  method: MethodDefinition,
  call: AnyMethod,
  input: AsyncIterable<Message>,
  options: CallOptions,
): AsyncGenerator<Message> {
  if (method.requestStream) {
    yield* call(input, options) as AsyncIterable<Message>;
    return;
  }
  for await (const request of input) {
    if (method.responseStream) yield* call(request, options) as AsyncIterable<Message>;
    else yield await (call(request, options) as Promise<Message>);
    return;
  }
}

function optionsOf({ signal }: CallContext, session: string, method: MethodDefinition): CallOptions {
  const metadata = session === "" ? {} : { metadata: { "outboard-session": session } };
  return { signal, ...metadata, ...(method.responseStream ? {} : { deadlineMs: LONG_MS }) };
}
