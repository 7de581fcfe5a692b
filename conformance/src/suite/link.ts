/** A connection to the provider: clients of every service, each call recorded for traces and watched by the monitors. */
import {
  type CallOptions,
  type Channel,
  type Client,
  ControlServiceDefinition,
  IdentityServiceDefinition,
  InteractionServiceDefinition,
  connect,
  isStatusError,
  NodeServiceDefinition,
  PodServiceDefinition,
  redact,
  type ServiceDefinition,
  StatsServiceDefinition,
} from "@outboard/contract";
import { codeText } from "./status-text.js";

/** Clients of every service. */
export interface Clients {
  readonly identity: Client<typeof IdentityServiceDefinition>;
  readonly node: Client<typeof NodeServiceDefinition>;
  readonly pods: Client<typeof PodServiceDefinition>;
  readonly interaction: Client<typeof InteractionServiceDefinition>;
  readonly stats: Client<typeof StatsServiceDefinition>;
  readonly control: Client<typeof ControlServiceDefinition>;
}

/** Told of everything that goes over the wire. */
export interface WireListener {
  /** One line for the trace. */
  line(text: string): void;
  /** A message of the provider; `call` is the same for all messages of one call. */
  answer(type: string, message: unknown, call: object): void;
  error(method: string, error: unknown): void;
  took(method: string, ms: number): void;
}

/** Makes the clients of a channel. */
export function clientsOf(channel: Channel, listener: WireListener): Clients {
  const make = <S extends ServiceDefinition>(service: S): Client<S> =>
    record(service, connect(service, channel), listener);
  return {
    identity: make(IdentityServiceDefinition),
    node: make(NodeServiceDefinition),
    pods: make(PodServiceDefinition),
    interaction: make(InteractionServiceDefinition),
    stats: make(StatsServiceDefinition),
    control: make(ControlServiceDefinition),
  };
}

type AnyMethod = (input: unknown, options: CallOptions) => unknown;

function record<S extends ServiceDefinition>(service: S, client: Client<S>, listener: WireListener): Client<S> {
  const methods = client as unknown as Readonly<Record<string, AnyMethod>>;
  const pack = packageOf(service);
  const recorded = Object.entries(service.methods).map(([key, method]) => {
    const original = methods[key];
    if (original === undefined) throw new Error(`no client for ${method.name}`);
    const parts = {
      name: method.name,
      request: `${pack}.${method.name}Request`,
      answer: `${pack}.${method.name}Response`,
    };
    const wrapped: AnyMethod = (input, options) => {
      const shown = method.requestStream ? "(stream)" : brief(parts.request, input);
      listener.line(`-> ${method.name} ${shown}`);
      const output = original(input, options);
      return method.responseStream
        ? stream(parts, output as AsyncIterable<unknown>, listener)
        : unary(parts, output as Promise<unknown>, listener);
    };
    return [key, wrapped] as const;
  });
  return Object.fromEntries(recorded) as unknown as Client<S>;
}

interface Parts {
  readonly name: string;
  readonly answer: string;
}

async function unary({ name, answer }: Parts, output: Promise<unknown>, listener: WireListener): Promise<unknown> {
  const since = performance.now();
  try {
    const message = await output;
    listener.line(`<- ${name} ${brief(answer, message)}`);
    listener.answer(answer, message, {});
    return message;
  } catch (error) {
    listener.line(`<- ${name} ${describe(error)}`);
    listener.error(name, error);
    throw error;
  } finally {
    listener.took(name, performance.now() - since);
  }
}

async function* stream({ name, answer }: Parts, output: AsyncIterable<unknown>, listener: WireListener) {
  const call = {};
  try {
    for await (const message of output) {
      listener.line(`<~ ${name} ${brief(answer, message)}`);
      listener.answer(answer, message, call);
      yield message;
    }
    listener.line(`<- ${name} OK`);
  } catch (error) {
    listener.line(`<- ${name} ${describe(error)}`);
    listener.error(name, error);
    throw error;
  }
}

function packageOf({ fullName }: ServiceDefinition): string {
  return fullName.slice(0, fullName.lastIndexOf("."));
}

const BRIEF_CHARACTERS = 1_500;

function brief(type: string, message: unknown): string {
  const text = JSON.stringify(redact(type, message));
  return text.length > BRIEF_CHARACTERS ? `${text.slice(0, BRIEF_CHARACTERS)}...` : text;
}

function describe(error: unknown): string {
  if (isStatusError(error)) return codeText(error);
  return error instanceof Error ? error.message : "failed";
}
