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

/** Starts a proxy at an address. With an age it asks for new connections so often. */
export async function openProxy(
  upstream: Channel,
  address: Address,
  rule: Rule,
  connectionAgeMs?: number,
): Promise<Proxy> {
  const age = connectionAgeMs === undefined ? {} : { maxConnectionAgeMs: connectionAgeMs };
  const server = createServer({ maxMessageBytes: MAX_MESSAGE_BYTES, onInternalError: () => {}, ...age });
  const services = [
    IdentityServiceDefinition,
    NodeServiceDefinition,
    PodServiceDefinition,
    InteractionServiceDefinition,
    StatsServiceDefinition,
    ControlServiceDefinition,
  ];
  const health = addHealth(
    server,
    services.map(({ fullName }) => fullName),
  );
  const withHealth: Faulty = (input, passing) =>
    rule(input, { ...passing, setHealth: (isServing) => health.set("", isServing) });
  for (const service of services) add(server, service, upstream, withHealth);
  await server.listen(address);
  return { close: async () => await server.shutdown(100) };
}

type AnyMethod = (input: unknown, options: CallOptions) => unknown;

/** A rule that has its hold on the health service. */
type Faulty = (input: AsyncIterable<Message>, passing: Omit<Passing, "setHealth">) => AsyncIterable<Message>;

function add(server: RpcServer, service: ServiceDefinition, upstream: Channel, rule: Faulty): void {
  const client = connect(service, upstream) as unknown as Readonly<Record<string, AnyMethod>>;
  const methods = new Map(
    Object.entries(service.methods).map(([key, method]): [string, Upstream] => {
      const call = client[key];
      if (call === undefined) throw new Error(`no client for ${key}`);
      return [key, (input, options) => forward(method, call, input, options)];
    }),
  );
  const handlers = Object.entries(service.methods).map(([key, method]) => [key, handler(key, method, methods, rule)]);
  server.add(service, Object.fromEntries(handlers));
}

type Upstream = (input: AsyncIterable<Message>, options: CallOptions) => AsyncIterable<Message>;

// oxlint-disable-next-line max-params -- a method is these four things
function handler(
  key: string,
  method: MethodDefinition,
  methods: ReadonlyMap<string, Upstream>,
  rule: Faulty,
): (input: unknown, context: CallContext) => unknown {
  const upstream = (name: string): Upstream => {
    const found = methods.get(name);
    if (found === undefined) throw new Error(`the service has no method ${name}`);
    return found;
  };
  const run = (input: unknown, context: CallContext): AsyncIterable<Message> => {
    const session = context.metadata("outboard-session") ?? "";
    const passing: Omit<Passing, "setHealth"> = {
      method: key,
      session,
      signal: context.signal,
      next: (requests, other = session) => upstream(key)(requests, optionsOf(context, other, method)),
      ask: (name, request) => upstream(name)(only(request), optionsOf(context, session, method)),
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
