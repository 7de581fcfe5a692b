/** Whether a change of a status tells users of progress, or only that the pod was seen. */
import type { ContainerStateStatus, Pod, PodStatus } from "./kubernetes.js";
import { isTerminalPhase } from "./pod-phase.js";

/** Who goes first while many wait: ends, which free what others wait for; then progress; then that a pod was seen. */
export type Urgency = "end" | "progress" | "seen";

/** How urgent a write is. Everything of a pod that is being deleted belongs to its end. */
export function urgencyOf({ metadata }: Pod, from: PodStatus | undefined, to: PodStatus): Urgency {
  if (isTerminalPhase(to.phase) || metadata.deletionTimestamp !== undefined) return "end";
  return showsProgress(from, to) ? "progress" : "seen";
}

/** False: phase, readiness and the containers' states are the same; containers that wait are as good as none. */
export function showsProgress(from: PodStatus | undefined, to: PodStatus): boolean {
  return summaryOf(from) !== summaryOf(to);
}

function summaryOf(status: PodStatus | undefined): string {
  const { phase = "Pending", reason = "", conditions = [] } = status ?? {};
  const ready = conditions.find(({ type }) => type === "Ready")?.status === "True";
  return JSON.stringify([phase, reason, ready, ...containersOf(status ?? {})]);
}

function containersOf({
  initContainerStatuses: init = [],
  containerStatuses: main = [],
  ephemeralContainerStatuses: more = [],
}: PodStatus): readonly unknown[] {
  return [...init, ...main, ...more].flatMap(({ name, restartCount, ready, started, state }) => {
    const summary = stateOf(state);
    return summary === "" && restartCount === 0 ? [] : [[name, restartCount, ready, started === true, summary]];
  });
}

/** Reasons of a container that nothing was tried for yet. */
const UNTRIED: ReadonlySet<string | undefined> = new Set([undefined, "ContainerCreating", "PodInitializing"]);

function stateOf({ waiting, running, terminated }: ContainerStateStatus = {}): string {
  if (terminated !== undefined) return `terminated ${terminated.exitCode}`;
  if (running !== undefined) return "running";
  return UNTRIED.has(waiting?.reason) ? "" : `waiting ${waiting?.reason ?? ""}`;
}
