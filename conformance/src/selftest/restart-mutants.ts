/** Mutants of the wire that show only over a restart of the provider: they need --launch. */
import { ProviderState, SessionMode, StatusError, Code } from "@outboard/contract";
import { both } from "./frames.js";
import { type Mutant, mutant } from "./mutant.js";
import { answers, type Message, observed, type Rule } from "./rule.js";

export const RESTART_MUTANTS: readonly Mutant[] = [
  mutant("RESTART-01", "repeated", "keeps the instance_id of its first start", () =>
    answers("handshake", firstOf("instanceId")),
  ),
  mutant("RESTART-03", "order", "counts revisions anew in the old epoch", sameEpoch),
  mutant("WATCH-20", "wrong-status", "ends its watches with OK at a shutdown", quietShutdown),
  mutant("NODE-16", "wrong-value", "is ready before it knows whose pods it has", readyTooEarly),
];

/** The value that the field had the first time. */
function firstOf(field: string): (answer: Message) => Message {
  let first: unknown;
  return (answer) => {
    first ??= answer[field];
    return { ...answer, [field]: first };
  };
}

function sameEpoch(): Rule {
  let first: string | undefined;
  let starts = new Set<string>();
  const hello = answers("handshake", (answer) => {
    first ??= answer.epoch;
    starts = new Set([...starts, answer.instanceId]);
    return { ...answer, epoch: first };
  });
  const low = observed(() => ({
    ...(first === undefined ? {} : { epoch: first }),
    ...(starts.size > 1 ? { revision: 1n } : {}),
  }));
  return both(hello, low);
}

function quietShutdown(): Rule {
  return async function* (input, passing) {
    try {
      yield* passing.next(input);
    } catch (error) {
      const isShutdown = error instanceof StatusError && error.code === Code.UNAVAILABLE;
      if (passing.method !== "watchPods" || !isShutdown) throw error;
    }
  };
}

/** As one that reads its inventory before it was told whose. */
function readyTooEarly(): Rule {
  const owners = new Set<string>();
  return async function* (input, passing) {
    const [copy, requests] = taped(input);
    for await (const answer of passing.next(copy)) {
      if (passing.method === "handshake" && requests[0]?.mode === SessionMode.OWNER) owners.add(answer.sessionId);
      const isEarly = passing.method === "getNode" && !owners.has(passing.session);
      yield isEarly ? { ...answer, state: ProviderState.READY, inventoryComplete: false } : answer;
    }
  };
}

function taped(input: AsyncIterable<Message>): readonly [AsyncIterable<Message>, readonly Message[]] {
  const seen: Message[] = [];
  const copy = (async function* () {
    for await (const message of input) {
      seen.push(message);
      yield message as unknown;
    }
  })();
  return [copy, seen];
}
