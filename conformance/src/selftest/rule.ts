/** Faults as rules: what happens to one call on its way through the proxy. */
import { Code, isStatusError, type PodObservation, StatusError, type WatchPodsResponse } from "@outboard/contract";

/** A message, whatever its type; rules know what they handle. */
// oxlint-disable-next-line typescript/no-explicit-any -- rules rewrite fields of every message type
export type Message = any;

/** One call on its way. Unary and streamed calls have the same shape: requests in, answers out. */
export interface Passing {
  /** Key of the method, "createPod". */
  readonly method: string;
  readonly session: string;
  readonly signal: AbortSignal;
  /** Calls the provider, with other metadata where wanted. */
  readonly next: (input: AsyncIterable<Message>, session?: string) => AsyncIterable<Message>;
  /** Asks the provider something else, by another method of the same service. */
  readonly ask: (method: string, request: Message) => AsyncIterable<Message>;
  /** What the health service says from now on. */
  readonly setHealth: (isServing: boolean) => void;
}

/** What a fault does to calls. */
export type Rule = (input: AsyncIterable<Message>, passing: Passing) => AsyncIterable<Message>;

/** Rewrites each request of a method; undefined leaves it out. */
export function requests(method: string, change: (request: Message) => Message): Rule {
  return (input, passing) => passing.next(passing.method === method ? map(input, change) : input);
}

/** Rewrites each answer of a method: other ones, none, or several. */
export function answers(method: string, change: (answer: Message) => Message): Rule {
  return (input, passing) => (passing.method === method ? map(passing.next(input), change) : passing.next(input));
}

/** Rewrites observations wherever they come. */
export function observed(change: (pod: PodObservation) => Partial<PodObservation>): Rule {
  return (input, passing) => {
    const output = passing.next(input);
    if (passing.method === "getPod") return map(output, ({ pod }) => ({ pod: { ...pod, ...change(pod) } }));
    return passing.method === "watchPods" ? map(output, (message) => onObservation(message, change)) : output;
  };
}

/** Rewrites every container of every observation. */
export function containers(change: (container: Message, pod: PodObservation) => object): Rule {
  return observed((pod) => ({ containers: pod.containers.map((each) => ({ ...each, ...change(each, pod) })) }));
}

/** Hides errors of a method with this reason behind an answer. */
export function swallow(method: string, reason: string, answer: readonly Message[]): Rule {
  return async function* (input, passing) {
    try {
      yield* passing.next(input);
    } catch (error) {
      if (passing.method !== method || !isStatusError(error) || error.reason !== reason) throw error;
      yield* answer;
    }
  };
}

/** Refuses calls of a method where the first request is so. */
export function refuseWhen(
  method: string,
  test: (request: Message) => boolean,
  code: Code = Code.INVALID_ARGUMENT,
): Rule {
  return (input, passing) =>
    passing.next(
      passing.method === method
        ? map(input, (request) => {
            if (test(request)) throw new StatusError(code, "refused by a fault", { reason: "BAD_REQUEST" });
            return request;
          })
        : input,
    );
}

/** Answers without asking the provider, where the first request is so. */
export function pretend(method: string, test: (request: Message) => boolean, answer: Message): Rule {
  return async function* (input, passing) {
    if (passing.method !== method) {
      yield* passing.next(input);
      return;
    }
    const { value } = await input[Symbol.asyncIterator]().next();
    if (test(value)) yield answer;
    else yield* passing.next(only(value));
  };
}

/** Never answers where the provider would refuse. */
export function hangInsteadOf(method: string): Rule {
  return async function* (input, passing) {
    try {
      yield* passing.next(input);
    } catch (error) {
      if (passing.method !== method) throw error;
      await aborted(passing.signal);
      throw error;
    }
  };
}

/** Rewrites errors. */
export function errors(change: (error: StatusError, method: string) => StatusError): Rule {
  return async function* (input, passing) {
    try {
      yield* passing.next(input);
    } catch (error) {
      throw isStatusError(error) ? change(error, passing.method) : error;
    }
  };
}

/** One message. */
export async function* only(message: Message): AsyncGenerator<Message> {
  yield message;
}

/** Resolves when the caller is gone. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Applies a change to each message. */
export async function* map(
  source: AsyncIterable<Message>,
  change: (message: Message) => Message,
): AsyncGenerator<Message> {
  for await (const message of source) {
    const changed = change(message);
    if (Array.isArray(changed)) yield* changed;
    else if (changed !== undefined) yield changed;
  }
}

function onObservation(message: WatchPodsResponse, change: (pod: PodObservation) => Partial<PodObservation>): Message {
  if (message.event?.$case !== "observation") return message;
  const pod = message.event.value;
  return { event: { $case: "observation", value: { ...pod, ...change(pod) } } };
}
