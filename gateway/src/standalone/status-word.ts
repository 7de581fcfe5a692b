/** The words of `kubectl get pods`: STATUS, READY and RESTARTS. */
import type { ContainerStateStatus, ContainerStatus, Pod } from "../domain/kubernetes.js";

/** The word of the STATUS column. */
export function statusWord(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod)) return "Terminating";
  const init = initWord(pod);
  if (init !== undefined && !hasCondition(pod, "Initialized")) return init;
  const word = containersWord(pod) ?? (pod.status?.reason || pod.status?.phase || "Pending");
  return word === "Completed" && hasServing(pod) ? servingWord(pod) : word;
}

function isTerminal({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Some containers have ended well, others run. */
function servingWord(pod: Pod): string {
  return hasCondition(pod, "Ready") ? "Running" : "NotReady";
}

function hasServing(pod: Pod): boolean {
  return (pod.status?.containerStatuses ?? []).some(isServing);
}

/** Ready containers of all, sidecars included: "1/2". */
export function readyWord(pod: Pod): string {
  const ready = (pod.status?.containerStatuses ?? []).filter(isServing).length;
  const readySidecars = sidecarStatuses(pod).filter((status) => status.started === true && status.ready).length;
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).length;
  return `${ready + readySidecars}/${pod.spec.containers.length + sidecars}`;
}

/** Restarts of all containers: of the init containers too while they run, of sidecars always. */
export function restartCount(pod: Pod): number {
  const isInitializing = initWord(pod) !== undefined && !hasCondition(pod, "Initialized");
  const counted = isInitializing
    ? (pod.status?.initContainerStatuses ?? [])
    : [...(pod.status?.containerStatuses ?? []), ...sidecarStatuses(pod)];
  return counted.reduce((sum, status) => sum + status.restartCount, 0);
}

/** What the first init container that has not passed does; undefined: all have passed. */
function initWord(pod: Pod): string | undefined {
  const containers = pod.spec.initContainers ?? [];
  const sidecars = new Set(containers.filter(isSidecar).map(({ name }) => name));
  const statuses = pod.status?.initContainerStatuses ?? [];
  const index = statuses.findIndex(
    (status) => status.state?.terminated?.exitCode !== 0 && !(sidecars.has(status.name) && status.started === true),
  );
  if (index < 0) return undefined;
  const state = statuses[index]?.state;
  if (state?.terminated !== undefined) return `Init:${endWord(state.terminated)}`;
  const waiting = state?.waiting?.reason ?? "";
  return waiting !== "" && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${containers.length}`;
}

/** The word of the first container that has one. */
function containersWord(pod: Pod): string | undefined {
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const word = containerWord(state);
    if (word !== undefined) return word;
  }
  return undefined;
}

function containerWord(state: ContainerStateStatus | undefined): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  return state?.terminated === undefined ? undefined : endWord(state.terminated);
}

function endWord({ reason, signal, exitCode }: NonNullable<ContainerStateStatus["terminated"]>): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function isServing({ ready, state }: ContainerStatus): boolean {
  return ready && state?.running !== undefined;
}

function isSidecar({ restartPolicy }: { readonly restartPolicy?: string }): boolean {
  return restartPolicy === "Always";
}

function sidecarStatuses(pod: Pod): readonly ContainerStatus[] {
  const names = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  return (pod.status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name));
}

function hasCondition(pod: Pod, wanted: string): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === wanted && status === "True");
}
