/** Whether a change of a status tells users of progress, or only that the pod was seen. */
import type { ContainerStateStatus, PodStatus } from "./kubernetes.js";

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
