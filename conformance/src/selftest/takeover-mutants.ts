/** Mutants of takeovers: an owner that is replaced, an observer that is more than one, tokens that nobody renews. */
import { Capability, Code, SessionMode, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { answers, containers, map, type Message, requests, type Rule } from "./rule.js";

export const TAKEOVER_MUTANTS: readonly Mutant[] = [
  mutant("HS-09", "missing", "serves tokens that nobody renews", () =>
    answers("handshake", (answer) => ({
      ...answer,
      capabilities: answer.capabilities.filter((each: number) => each !== Capability.INPUTS_LIVE),
      limits: answer.limits && { ...answer.limits, staticTokenTtlSeconds: undefined },
    })),
  ),
  mutant("SESS-04", "accepted", "takes an equal number of another instance", () =>
    requests("handshake", (request) =>
      request.instanceId === "another" ? { ...request, fencing: request.fencing + 1n } : request,
    ),
  ),
  mutant("SESS-08", "changed", "starts every container anew for a new owner", restartedByTakeover),
  mutant("SESS-09", "refused", "ends the owner's session for an observer", endedByObserver),
  mutant("SESS-14", "wrong-status", "cuts commands at a takeover", cutByTakeover),
];

/** Calls back with each handshake that was answered. */
function onHandshake(
  input: AsyncIterable<Message>,
  next: (input: AsyncIterable<Message>) => AsyncIterable<Message>,
  told: (mode: SessionMode, sessionId: string) => void,
): AsyncIterable<Message> {
  let mode: SessionMode = SessionMode.UNSPECIFIED;
  const noted = map(input, (request) => {
    mode = request.mode;
    return request;
  });
  return map(next(noted), (answer) => {
    told(mode, answer.sessionId);
    return answer;
  });
}

function restartedByTakeover(): Rule {
  let owners = 0;
  const renamed = containers(({ containerId }) => ({ containerId: containerId && `${containerId}-${owners}` }));
  return (input, passing) =>
    passing.method === "handshake"
      ? onHandshake(input, passing.next, (mode) => void (owners += mode === SessionMode.OWNER ? 1 : 0))
      : renamed(input, passing);
}

function endedByObserver(): Rule {
  const ended = new Set<string>();
  let owner = "";
  return (input, passing) => {
    if (passing.method === "handshake") {
      return onHandshake(input, passing.next, (mode, sessionId) => {
        if (mode === SessionMode.OWNER) owner = sessionId;
        else ended.add(owner);
      });
    }
    if (ended.has(passing.session))
      throw new StatusError(Code.UNAUTHENTICATED, "no such session", { reason: "SESSION" });
    return passing.next(input);
  };
}

function cutByTakeover(): Rule {
  let taken = Promise.withResolvers<"taken">();
  return (input, passing) => {
    if (passing.method === "handshake") {
      return onHandshake(input, passing.next, (mode) => {
        if (mode !== SessionMode.OWNER) return;
        taken.resolve("taken");
        taken = Promise.withResolvers();
      });
    }
    return passing.method === "exec" ? until(taken.promise, passing.next(input)) : passing.next(input);
  };
}

/** The messages, until the promise is fulfilled: then the stream breaks. */
async function* until(over: Promise<"taken">, source: AsyncIterable<Message>): AsyncGenerator<Message> {
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const first = await Promise.race([iterator.next(), over]);
    if (first === "taken") {
      void iterator.return?.();
      throw new StatusError(Code.UNAVAILABLE, "the owner has changed");
    }
    if (first.done === true) return;
    yield first.value;
  }
}
