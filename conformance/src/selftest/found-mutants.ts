/** Faults that the suite found in real providers, so that it goes on finding them. */
import { Code, PodStage, StatusError } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { aborted, answers, map, type Rule } from "./rule.js";

export const FOUND_MUTANTS: readonly Mutant[] = [
  mutant("ATTACH-03", "wrong-value", "ends without the container's code", () =>
    answers("attach", (each) =>
      each.frame?.$case === "exit"
        ? { frame: { $case: "exit", value: { result: { $case: "error", value: "the connection was closed" } } } }
        : each,
    ),
  ),
  mutant("PF-02", "late", "stays open after the half-close of both sides", () => staysOpenAfter("halfClose")),
  mutant("PF-03", "late", "takes a refusal for the pod's half-close, and waits for the client's", () =>
    staysOpenAfter("failed"),
  ),
  mutant("STATS-08", "refused", "fails for all pods while one is at its end", () =>
    afterAnEnd(() => Promise.reject(new StatusError(Code.UNKNOWN, "the shim is gone"))),
  ),
  mutant("STATS-08", "late", "keeps all waiting for a pod at its end that the platform is slow with", () =>
    afterAnEnd(aborted),
  ),
];

/** The frame is shown as a half-close, and the status never comes. */
function staysOpenAfter(kind: "halfClose" | "failed"): Rule {
  return async function* (input, passing) {
    let isOver = false;
    yield* map(passing.next(input), (each) => {
      if (passing.method !== "portForward" || each.frame?.$case !== kind) return each;
      isOver = true;
      return { frame: { $case: "halfClose", value: {} } };
    });
    if (isOver) await aborted(passing.signal);
  };
}

/** What figures meet with once a pod has ended. */
function afterAnEnd(meet: (signal: AbortSignal) => Promise<unknown>): Rule {
  let hasEnded = false;
  return async function* (input, passing) {
    if (passing.method === "getStats" && hasEnded) await meet(passing.signal);
    yield* map(passing.next(input), (each) => {
      if (passing.method === "getPod") hasEnded ||= each.pod?.stage === PodStage.ENDED;
      return each;
    });
  };
}
