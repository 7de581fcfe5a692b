/**
 * What stands before every handler: the session, the contract's limits on the fields of requests, and, for tests, a guard
 * that may hold back or end any call and any streamed answer. Finished calls are logged at level debug.
 */
import {
  type CallContext,
  checkLimits,
  Code,
  type Handlers,
  isStatusError,
  refuse,
  type RpcServer,
  type ServiceDefinition,
} from "@outboard/contract";
import type { Logger } from "pino";

/** Called before each call and each streamed answer; to hold it back stay pending, to end it reject. */
export type Guard = (context: CallContext) => Promise<void> | void;

/** What stands before the handlers of one service. */
export interface Gate {
  readonly log: Logger;
  readonly guard: Guard | undefined;
  /** Throws for a call that may not come in at all. */
  readonly admit: (context: CallContext) => void;
}

type AnyHandler = (input: unknown, context: CallContext) => unknown;

/** Adds a service behind its gate. */
export function addGuarded<Service extends ServiceDefinition>(
  server: RpcServer,
  service: Service,
  handlers: Handlers<Service>,
  gate: Gate,
): void {
  const guarded: Record<string, AnyHandler> = {};
  for (const [key, method] of Object.entries(service.methods)) {
    const handler = (handlers as unknown as Record<string, AnyHandler | undefined>)[key];
    if (handler === undefined) continue;
    const type = `${service.fullName.slice(0, service.fullName.lastIndexOf("."))}.${method.name}Request`;
    const limited: AnyHandler = (input, context) =>
      handler(method.requestStream ? limitEach(type, input as AsyncIterable<unknown>) : limit(type, input), context);
    guarded[key] = method.responseStream ? guardStream(limited, gate) : guardCall(limited, gate);
  }
  server.add(service, guarded as unknown as Handlers<Service>);
}

function guardCall(handler: AnyHandler, { guard, admit, log }: Gate): AnyHandler {
  return async (input, context) => {
    try {
      await guard?.(context);
      admit(context);
      const answer = await handler(input, context);
      log.debug({ rpc: context.path }, "call answered");
      return answer;
    } catch (error) {
      log.debug({ rpc: context.path, ...outcomeOf(error) }, "call refused");
      throw error;
    }
  };
}

function guardStream(handler: AnyHandler, { guard, admit, log }: Gate): AnyHandler {
  return async function* (input, context) {
    try {
      await guard?.(context);
      admit(context);
      for await (const answer of handler(input, context) as AsyncIterable<unknown>) {
        await guard?.(context);
        yield answer;
      }
    } catch (error) {
      log.debug({ rpc: context.path, ...outcomeOf(error) }, "stream ended");
      throw error;
    }
  };
}

/** Code and reason: the text of an error is not logged. */
function outcomeOf(error: unknown): { readonly code: string; readonly reason?: string | undefined } {
  return isStatusError(error) ? { code: Code[error.code], reason: error.reason } : { code: "INTERNAL" };
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
