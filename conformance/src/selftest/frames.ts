/** Rules for variants of streams: the same bytes in other frames, at other times. All of them are allowed. */
import { setTimeout as delay } from "node:timers/promises";
import { pause } from "../suite/pause.js";
import { answers, type Message, type Passing, type Rule } from "./rule.js";

const SLOW_MS = 120;
const HELD_MS = 10;
const MAX_CHUNK = 32_768;
const OUTPUT: readonly unknown[] = ["stdout", "stderr", "data"];

/** One rule after the other, the first nearest to the caller. */
export function both(...rules: readonly Rule[]): Rule {
  return (input, passing) => {
    const [first, ...rest] = rules;
    if (first === undefined) return passing.next(input);
    const next: Passing["next"] = (requests, session = passing.session) =>
      both(...rest)(requests, { ...passing, session, next: (more, other = session) => passing.next(more, other) });
    return first(input, { ...passing, next });
  };
}

/** Answers come late, where the test says so. */
export function slow(test: (answer: Message) => boolean, ms: number = SLOW_MS): Rule {
  return async function* (input, passing) {
    for await (const answer of passing.next(input)) {
      if (test(answer) && !isBulk(answer)) await pause(ms, passing.signal);
      yield answer;
    }
  };
}

/** Single bytes of little, a few pieces of much. */
export function tinyOutput(method: string): Rule {
  return inPieces(method, (bytes) => {
    const size = Math.max(1, Math.ceil(bytes.length / 64));
    return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => at * size).slice(1);
  });
}

/** Every frame is cut within the first character that has more than one byte, else behind its first byte. */
export function splitCharacters(method: string): Rule {
  return inPieces(method, (bytes) => {
    const at = bytes.findIndex((byte) => (byte & 0xc0) === 0x80);
    return bytes.length < 2 ? [] : [Math.max(at, 1)];
  });
}

/** What comes close together is one frame, up to the largest that is allowed. */
export function hugeOutput(method: string): Rule {
  return (input, passing) =>
    passing.method === method ? merged(passing.next(input), joined, HELD_MS) : passing.next(input);
}

/** Standard error waits for the next other frame, or for a moment: only the order across the streams changes. */
export function interleaved(method: string): Rule {
  return (input, passing) => {
    const output = passing.next(input);
    if (passing.method !== method) return output;
    return (async function* () {
      let held: Message[] = [];
      for await (const answer of output) {
        if (answer.frame?.$case === "stderr") held.push(answer);
        else {
          const isLast = answer.frame?.$case !== "stdout";
          if (isLast) yield* held;
          yield answer as unknown;
          if (!isLast) yield* held;
          held = [];
        }
      }
      yield* held;
    })();
  };
}

/** Joins what comes within a moment of each other; undefined from `join` keeps them apart. */
export async function* merged(
  source: AsyncIterable<Message>,
  join: (held: Message, next: Message) => Message,
  heldMs: number,
): AsyncGenerator<Message> {
  const iterator = source[Symbol.asyncIterator]();
  const take = (): Promise<IteratorResult<Message>> => {
    const next = iterator.next();
    next.catch(() => {}); // seen when it is awaited
    return next;
  };
  let held: Message;
  let next = take();
  try {
    for (;;) {
      const got = await (held === undefined ? next : withinMoment(next, heldMs));
      const value = valueOf(got);
      const one = held === undefined || value === undefined ? undefined : join(held, value);
      if (held !== undefined && one === undefined) yield held;
      held = one ?? value;
      if (got?.done === true) return;
      if (got !== undefined) next = take();
    }
  } finally {
    await iterator.return?.();
  }
}

function valueOf(got: IteratorResult<Message> | undefined): Message {
  return got?.done === true ? undefined : got?.value;
}

/** Undefined when nothing came in time, or an error: what is held goes first. */
async function withinMoment(
  next: Promise<IteratorResult<Message>>,
  ms: number,
): Promise<IteratorResult<Message> | undefined> {
  return await Promise.race([next.catch(() => undefined), delay(ms, undefined)]);
}

/** Many small delays would make a slow network, which is another thing. */
function isBulk({ frame }: Message): boolean {
  return [...OUTPUT, "chunk"].includes(frame?.$case);
}

function inPieces(method: string, cuts: (bytes: Uint8Array) => readonly number[]): Rule {
  return answers(method, (answer) => {
    const { frame } = answer;
    if (!OUTPUT.includes(frame?.$case)) return answer;
    const edges = [0, ...cuts(frame.value), frame.value.length];
    return edges
      .slice(1)
      .map((end, at) => ({ frame: { $case: frame.$case, value: frame.value.subarray(edges[at], end) } }));
  });
}

function joined({ frame: held }: Message, { frame: next }: Message): Message {
  if (!OUTPUT.includes(held?.$case) || held.$case !== next?.$case) return undefined;
  if (held.value.length + next.value.length > MAX_CHUNK) return undefined;
  return { frame: { $case: held.$case, value: Buffer.concat([held.value, next.value]) } };
}
