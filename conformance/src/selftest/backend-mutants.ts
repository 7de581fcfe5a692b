/** Mutants of what a provider says of itself and of its backend: health, outages, lost pods, old figures. */
import { BackendState, Code, PodStage, ProviderState, StatusError, TerminationCause } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { answers, map, type Message, observed, type Rule } from "./rule.js";

/** Longer than any wait for an end. */
const LATE_MS = 120_000;
const LOST_CALL = 4;

export const BACKEND_MUTANTS: readonly Mutant[] = [
  mutant("HEALTH-01", "wrong-value", "never says that it serves", () => healthAfter("handshake", () => false)),
  mutant("HEALTH-03", "wrong-value", "does not serve while the backend is down", () =>
    healthAfter("setBackend", ({ state }) => state === BackendState.UP),
  ),
  mutant("GET-04", "refused", "asks the backend for every GetPod", () =>
    whileDown("getPod", () => {
      throw new StatusError(Code.UNAVAILABLE, "the backend is down", { reason: "BACKEND_UNAVAILABLE" });
    }),
  ),
  mutant("NODE-12", "late", "stays BROKEN after an outage", () =>
    afterOutage(() => ({ state: ProviderState.BROKEN, reason: "BackendDown" })),
  ),
  mutant("OBS-14", "late", "looks at the backend once in two minutes", seldom),
  mutant("OBS-16", "wrong-value", "takes a lost pod for one that was taken back", () =>
    causes(TerminationCause.BACKEND_LOST, TerminationCause.BACKEND_RECLAIMED),
  ),
  mutant("OBS-17", "wrong-value", "takes a pod that was taken back for a lost one", () =>
    causes(TerminationCause.BACKEND_RECLAIMED, TerminationCause.BACKEND_LOST),
  ),
  mutant("STATS-08", "unexpected", "keeps the figures of ended pods", keepsFigures),
  mutant("X-03", "unreachable", "does not serve each connection", loseConnection),
  mutant(
    "X-06",
    "wrong-value",
    "sends ids of any length",
    () => observed(() => ({ backendId: "x".repeat(2_000) })),
    "GET-02/answer",
  ),
];

function healthAfter(method: string, isServing: (request: Message) => boolean): Rule {
  return (input, passing) =>
    passing.next(
      passing.method === method
        ? map(input, (request) => {
            passing.setHealth(isServing(request));
            return request;
          })
        : input,
    );
}

/** Remembers whether the backend is up. */
function outages(then: (isUp: boolean, hasBeenDown: boolean) => Rule): Rule {
  let isUp = true;
  let hasBeenDown = false;
  return (input, passing) => {
    if (passing.method !== "setBackend") return then(isUp, hasBeenDown)(input, passing);
    return passing.next(
      map(input, (request) => {
        isUp = request.state === BackendState.UP;
        hasBeenDown ||= !isUp;
        return request;
      }),
    );
  };
}

function whileDown(method: string, change: (answer: Message) => Message): Rule {
  return outages((isUp) => (isUp ? (input, passing) => passing.next(input) : answers(method, change)));
}

function afterOutage(change: () => object): Rule {
  return outages((isUp, hasBeenDown) =>
    answers("getNode", (answer) => (isUp && hasBeenDown ? { ...answer, ...change() } : answer)),
  );
}

/** Of a pod that has ended the observation before is shown for a long time. */
function seldom(): Rule {
  const alive = new Map<string, Message>();
  const since = new Map<string, number>();
  return observed((pod) => {
    if (pod.stage !== PodStage.ENDED) {
      alive.set(pod.uid, pod);
      return {};
    }
    const first = since.get(pod.uid) ?? Date.now();
    since.set(pod.uid, first);
    return Date.now() - first > LATE_MS ? {} : (alive.get(pod.uid) ?? { stage: PodStage.ACCEPTED, containers: [] });
  });
}

function causes(from: TerminationCause, to: TerminationCause): Rule {
  return observed(({ cause }) => (cause === from ? { cause: to } : {}));
}

function keepsFigures(): Rule {
  const kept = new Map<string, Message>();
  return async function* (input, passing) {
    if (passing.method !== "getStats") {
      yield* passing.next(input);
      return;
    }
    const seen = new Set<string>();
    for await (const answer of passing.next(input)) {
      if (answer.stats?.$case === "pod") {
        kept.set(answer.stats.value.uid, answer);
        seen.add(answer.stats.value.uid);
      }
      yield answer;
    }
    for (const [uid, answer] of kept) if (!seen.has(uid)) yield answer;
  };
}

/** A rule does not see connections; the check makes one call on each. */
function loseConnection(): Rule {
  let calls = 0;
  return (input, passing) => {
    if (passing.method === "getNode" && (calls += 1) === LOST_CALL)
      throw new StatusError(Code.UNAVAILABLE, "no connection is left");
    return passing.next(input);
  };
}
