/**
 * Container statuses of a pod that has ended for good: what never showed an end gets one. Once a pod was initialised every
 * regular container must show one; of the init containers those that may have started.
 */
import { NOT_LOCATED, STATUS_UNKNOWN } from "./container-status.js";
import type { ContainerStatus, PodSpec } from "./kubernetes.js";
import type { Statuses } from "./pod-phase.js";
import { isSidecar } from "./restart-rules.js";

/** The statuses with an end for every container that must have one. */
export function settleStatuses(spec: PodSpec, statuses: Statuses): Statuses {
  const regular = statuses.containerStatuses ?? [];
  const init = statuses.initContainerStatuses;
  return {
    ...statuses,
    containerStatuses: isInitialized(spec, statuses) ? regular.map(settle) : regular,
    ...(init === undefined ? {} : { initContainerStatuses: settleInit(init) }),
  };
}

/** What ran and is gone without a trace has ended in a way that nobody knows. */
export function loseRunning(statuses: Statuses): Statuses {
  const lose = (list: readonly ContainerStatus[] | undefined): readonly ContainerStatus[] =>
    (list ?? []).map((status) => (status.state?.running === undefined ? status : settle(status)));
  return {
    containerStatuses: lose(statuses.containerStatuses),
    ...(statuses.initContainerStatuses === undefined
      ? {}
      : { initContainerStatuses: lose(statuses.initContainerStatuses) }),
    ...(statuses.ephemeralContainerStatuses === undefined
      ? {}
      : { ephemeralContainerStatuses: lose(statuses.ephemeralContainerStatuses) }),
  };
}

function settle(status: ContainerStatus): ContainerStatus {
  if (status.state?.terminated !== undefined) return status;
  const { containerID } = status;
  const terminated = { exitCode: 137, reason: STATUS_UNKNOWN, message: NOT_LOCATED };
  const ran = status.state?.running !== undefined && containerID !== undefined ? { containerID } : {};
  return {
    ...status,
    ready: false,
    ...(status.started === undefined ? {} : { started: false }),
    state: { terminated: { ...terminated, ...ran } },
  };
}

function settleInit(statuses: readonly ContainerStatus[]): readonly ContainerStatus[] {
  const last = statuses.findLastIndex(isPastWaiting);
  return statuses.map((status, index) => (index <= Math.max(last, 0) ? settle(status) : status));
}

function isInitialized(spec: PodSpec, statuses: Statuses): boolean {
  const last = spec.initContainers?.at(-1);
  if (last === undefined || (statuses.containerStatuses ?? []).some(isPastWaiting)) return true;
  const status = statuses.initContainerStatuses?.find(({ name }) => name === last.name);
  if (status === undefined) return false;
  return isSidecar(last) ? status.state?.running !== undefined && status.started === true : hasSucceeded(status);
}

function isPastWaiting(status: ContainerStatus): boolean {
  return status.state?.waiting === undefined || hasEnded(status);
}

function hasSucceeded({ state, lastState }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0 || lastState?.terminated?.exitCode === 0;
}

function hasEnded(status: ContainerStatus): boolean {
  return status.lastState?.terminated !== undefined;
}
