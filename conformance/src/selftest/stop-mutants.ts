/** Mutants of stopping, releasing and reading pods. */
import { Code, PodStage, TerminationCause } from "@outboard/contract";
import { type Mutant, mutant } from "./mutant.js";
import { aborted, containers, map, observed, pretend, refuseWhen, requests, type Rule, swallow } from "./rule.js";
import { NOTHING, emptyPod, seenBefore } from "./pod-rules.js";

export const STOP_MUTANTS: readonly Mutant[] = [
  mutant("STOP-01", "wrong-value", "answers StopPod and does nothing", () =>
    pretend("stopPod", ({ graceSeconds }) => graceSeconds === 1, {}),
  ),
  mutant("STOP-02", "refused", "refuses a second StopPod", refusesSecondStop),
  mutant("STOP-03", "refused", "refuses to stop what it does not know", refusesUnknownStop),
  mutant("STOP-04", "wrong-value", "takes every reason for USER", () =>
    requests("stopPod", (each) => ({ ...each, reason: 1 })),
  ),
  mutant("STOP-05", "accepted", "takes 30 s where no grace is given", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: each.graceSeconds ?? 30 })),
  ),
  mutant("STOP-06", "late", "takes grace 0 for unset", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: each.graceSeconds || 30 })),
  ),
  mutant("STOP-07", "wrong-value", "kills at once", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: 0 })),
  ),
  mutant("STOP-08", "early", "ignores the grace", () => requests("stopPod", (each) => ({ ...each, graceSeconds: 0 }))),
  mutant("STOP-08", "late", "gives far more grace", () =>
    requests("stopPod", (each) => ({ ...each, graceSeconds: each.graceSeconds === 0 ? 0 : 60 })),
  ),
  mutant("STOP-09", "late", "ignores a shorter grace", ignoresSecondStop),
  mutant("STOP-11", "late", "answers when the pod has ended", answersStopLate),
  mutant("STOP-12", "changed", "stops every pod of the name", stopsByName),
  mutant("STOP-13", "changed", "blames the user for an ended pod", () =>
    observed(({ stage, cause }) => (stage === PodStage.ENDED && cause === 0 ? { cause: TerminationCause.USER } : {})),
  ),
  mutant("STOP-14", "wrong-value", "says that an ended pod will restart", () =>
    containers((_each, { stage }) => (stage === PodStage.ENDED ? { willRestart: true } : {})),
  ),
  mutant("STOP-17", "wrong-value", "blames someone for a natural end", () =>
    observed(({ stage, cause }) =>
      stage === PodStage.ENDED && cause === 0 ? { cause: TerminationCause.BACKEND_LOST } : {},
    ),
  ),
  mutant("REL-01", "unexpected", "answers ReleasePod and keeps the pod", () => pretend("releasePod", () => true, {})),
  mutant("REL-02", "accepted", "answers OK to the release of a running pod", () =>
    swallow("releasePod", "STILL_RUNNING", NOTHING),
  ),
  mutant("REL-03", "refused", "refuses to release what it does not know", refusesSecondRelease),
  mutant("REL-04", "wrong-value", "forgets the exit code of an ended pod", forgetsExitCode),
  mutant("GET-01", "accepted", "answers an empty pod for an unknown UID", () =>
    swallow("getPod", "POD", [{ pod: emptyPod() }]),
  ),
  mutant("GET-02", "wrong-value", "gives a pod without its UID", () => observed(() => ({ uid: "another" }))),
  mutant("GET-03", "order", "GetPod is behind the watch", behindTheWatch),
  mutant("GET-05", "accepted", "answers an empty pod for a tombstone", () =>
    swallow("getPod", "POD", [{ pod: emptyPod() }]),
  ),
];

function refusesSecondStop(): Rule {
  const isKnown = seenBefore();
  return refuseWhen("stopPod", ({ uid }) => isKnown(uid));
}

function refusesSecondRelease(): Rule {
  const isKnown = seenBefore();
  return refuseWhen("releasePod", ({ uid }) => isKnown(uid));
}

function ignoresSecondStop(): Rule {
  const isKnown = seenBefore();
  return pretend("stopPod", ({ uid }) => isKnown(uid), {});
}

function refusesUnknownStop(): Rule {
  const created = new Set<string>();
  return (input, passing) => {
    if (passing.method === "createPod") {
      return passing.next(
        map(input, (each) => {
          created.add(each.uid);
          return each;
        }),
      );
    }
    return refuseWhen("stopPod", ({ uid }) => !created.has(uid), Code.INVALID_ARGUMENT)(input, passing);
  };
}

function answersStopLate(): Rule {
  return async function* (input, passing) {
    if (passing.method === "stopPod")
      await Promise.race([aborted(passing.signal), new Promise((resolve) => setTimeout(resolve, 4_000))]);
    yield* passing.next(input);
  };
}

function stopsByName(): Rule {
  const names = new Map<string, string>();
  const stopped = new Set<string>();
  return (input, passing) => {
    if (passing.method === "stopPod") {
      return passing.next(
        map(input, (each) => {
          stopped.add(names.get(each.uid) ?? "");
          return each;
        }),
      );
    }
    return containers(({ state }, { uid, name }) => {
      names.set(uid, name);
      return stopped.has(name) && state?.$case === "running"
        ? { state: { $case: "terminated", value: { reason: "", message: "", containerId: "" } } }
        : {};
    })(input, passing);
  };
}

function forgetsExitCode(): Rule {
  const since = new Map<string, number>();
  return observed((pod) => {
    if (pod.stage !== PodStage.ENDED) return {};
    const first = since.get(pod.uid) ?? Date.now();
    since.set(pod.uid, first);
    return Date.now() - first < 300
      ? {}
      : {
          containers: pod.containers.map((each) => ({
            ...each,
            state: { $case: "terminated" as const, value: { reason: "", message: "", containerId: "" } },
          })),
        };
  });
}

function behindTheWatch(): Rule {
  return (input, passing) =>
    passing.method === "getPod"
      ? map(passing.next(input), ({ pod }) => ({ pod: { ...pod, revision: 1n } }))
      : passing.next(input);
}
