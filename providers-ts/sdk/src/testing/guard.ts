/**
 * Puts two things in front of every handler: the contract's limits on the fields of requests, and, for tests, a guard that
 * may hold back or end any call and any streamed answer.
 */
import {
  type CallContext,
  checkLimits,
  type Handlers,
  refuse,
  type RpcServer,
  type ServiceDefinition,
} from "@outboard/contract";

/** Called before each call and each streamed answer; to hold it back stay pending, to end it reject. */
export type Guard = (context: CallContext) => Promise<void> | void;

type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** Adds a service behind limits and guard. */
export function addGuarded<Service extends ServiceDefinition>(
  server: RpcServer,
  service: Service,
  handlers: Handlers<Service>,
  guard: Guard | undefined,
): void {
  const guarded: Record<string, AnyHandler> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const handler = (handlers as unknown as Record<string, AnyHandler | undefined>)[key];
    if (handler === undefined) continue;
    const type = `${service.fullName.slice(0, service.fullName.lastIndexOf("."))}.${method.name}Request`;
    const checked: AnyHandler = (input, context) =>
      handler(method.requestStream ? limitEach(type, input as AsyncIterable<unknown>) : limit(type, input), context);
    guarded[key] = method.responseStream ? guardStream(checked, guard) : guardCall(checked, guard);
  }
  server.add(service, guarded as unknown as Handlers<Service>);
}

function guardCall(handler: AnyHandler, guard: Guard | undefined): AnyHandler {
  return async (input, context) => {
    await guard?.(context);
    return await handler(input, context);
  };
}

function guardStream(handler: AnyHandler, guard: Guard | undefined): AnyHandler {
  return async function* (input, context) {
    await guard?.(context);
    const answers = handler(input, context) as AsyncIterable<unknown>;
    for await (const answer of answers) {
      await guard?.(context);
      yield answer;
    }
  };
}

/** @throws StatusError BAD_REQUEST for fields over their limits. */
function limit(type: string, message: unknown): unknown {
  const violations = checkLimits(type, message);
  if (violations.length === 0) return message;
  const text = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
  throw refuse("BAD_REQUEST", `the request breaks the contract: ${text}`, { violations });
}

async function* limitEach(type: string, messages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const message of messages) yield limit(type, message);
}
