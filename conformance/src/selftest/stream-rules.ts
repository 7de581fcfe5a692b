/** What mutants of several kinds do to streams. */
import { Code, StatusError } from "@outboard/contract";
import { aborted, answers, type Message, requests, type Rule } from "./rule.js";

export const OPENED: Message = { frame: { $case: "opened", value: {} } };
export const LARGE: Buffer = Buffer.alloc(40_000, "x");

/** What comes after the last answer. */
export type Tail = (signal: AbortSignal) => Promise<void>;

export const hangs: Tail = async (signal) => await aborted(signal);

/** Does something after the last answer. */
export function tail(method: string, last: Tail): Rule {
  return async function* (input, passing) {
    yield* passing.next(input);
    if (passing.method === method) await last(passing.signal);
  };
}

/** Changes the output of each n-th call of a method. */
export function nth(
  method: string,
  n: number,
  change: (output: AsyncIterable<Message>) => AsyncIterable<Message>,
): Rule {
  let count = 0;
  return (input, passing) => {
    const output = passing.next(input);
    if (passing.method !== method) return output;
    count += 1;
    return count % n === 0 ? change(output) : output;
  };
}

export function logs(change: (request: Message) => object): Rule {
  return requests("logs", (each) => ({ ...each, ...change(each) }));
}

export function chunks(change: (chunk: Message) => object): Rule {
  return answers("logs", (each) =>
    each.frame?.$case === "chunk"
      ? { frame: { $case: "chunk", value: { ...each.frame.value, ...change(each.frame.value) } } }
      : each,
  );
}

/** As a provider with 64 streams that keeps each for ever. */
export function usedUp(method: string): Rule {
  let count = 0;
  return (input, passing) => {
    if (passing.method === method) count += 1;
    if (passing.method !== method || count <= 64) return passing.next(input);
    throw new StatusError(Code.RESOURCE_EXHAUSTED, "no stream is left");
  };
}
