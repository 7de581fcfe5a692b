/** Why a pod failed as a whole: status.reason and status.message from what the provider says. */
import type { Cause, PodObservation } from "./observation.js";
import type { PhaseVerdict } from "./pod-phase.js";

/** Reason and message of a pod that outlived activeDeadlineSeconds. */
export const DEADLINE_EXCEEDED: PhaseVerdict = {
  phase: "Failed",
  reason: "DeadlineExceeded",
  message: "Pod was active on the node longer than the specified deadline",
};

const BY_CAUSE: Readonly<Record<Cause, readonly [reason: string, message: string] | undefined>> = {
  user: undefined,
  orphan: undefined,
  deadline: [DEADLINE_EXCEEDED.reason, DEADLINE_EXCEEDED.message],
  evicted: ["Evicted", "The pod was evicted by its node."],
  preempted: ["Preempting", "Preempted in order to admit critical pod"],
  "backend-reclaimed": ["BackendReclaimed", "The backend took the pod back."],
  "backend-lost": ["BackendLost", "The backend no longer knows the pod."],
  "out-of-memory": ["OOMKilled", "The pod ran out of memory."],
  "start-rejected": ["StartRejected", "The backend refused to start the pod."],
};

/** undefined: the pod's containers alone decide. */
export function causeVerdict(observation: PodObservation): PhaseVerdict | undefined {
  const { failure, cause } = observation;
  if (failure !== undefined) return { phase: "Failed", ...failure };
  const texts = cause === undefined ? undefined : BY_CAUSE[cause];
  if (texts === undefined) return undefined;
  const [reason, message] = (cause === "evicted" ? outOfCapacity(observation) : undefined) ?? texts;
  return { phase: "Failed", reason, message };
}

/** Message of condition DisruptionTarget: the pod had to go for others' sake; undefined: it did not. */
export function disruptionOf({ cause }: PodObservation): string | undefined {
  return cause === "preempted" || cause === "backend-reclaimed" ? BY_CAUSE[cause]?.[1] : undefined;
}

/** Reason and message while the backend has found no room for it; undefined: that is not what it waits for. */
export function outOfCapacity(observation: PodObservation): readonly [string, string] | undefined {
  for (const { state } of observation.containers) {
    if (state.kind === "waiting" && state.reason === "OutOfCapacity") {
      return [state.reason, state.message || "The backend had no room for the pod."];
    }
  }
  return undefined;
}
