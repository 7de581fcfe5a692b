/** Is there a log to read: judged from the container's status, with the kubelet's texts. Pure. */
import type { ContainerStatus, Pod, PodStatus } from "../../domain/kubernetes.js";

/** Which log. */
export interface LogTarget {
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}

const PULL_TEXTS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: "trying and failing to pull image",
};

/** Is this a container of the pod: regular, init or ephemeral. */
export function hasContainer(pod: Pod, name: string): boolean {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  return [...containers, ...initContainers, ...ephemeralContainers].some((container) => container.name === name);
}

/** Why there is no such log, in the kubelet's words; undefined: there is one. */
export function whyNoLog(target: LogTarget, status: PodStatus | undefined): string | undefined {
  const found = statusOf(status, target.container);
  const container = `container ${JSON.stringify(target.container)} in pod ${JSON.stringify(target.pod)}`;
  if (found === undefined) return `${container} is not available`;
  if (target.previous) {
    return hasLog(found.lastState?.terminated) ? undefined : `previous terminated ${container} not found`;
  }
  const problem = problemOf(found);
  return problem === undefined ? undefined : `${container} ${problem}`;
}

/** What keeps the current instance's log away. */
function problemOf({ state, lastState }: ContainerStatus): string | undefined {
  if (state?.running !== undefined) return undefined;
  const instances = [state?.terminated, lastState?.terminated].filter((instance) => instance !== undefined);
  if (instances.some(hasLog)) return undefined;
  if (instances.length > 0) return "is terminated";
  return waitingText(state?.waiting);
}

function waitingText(waiting: { readonly reason?: string } | undefined): string {
  if (waiting === undefined) return "is waiting to start - no logs yet";
  const { reason = "" } = waiting;
  return `is waiting to start: ${PULL_TEXTS[reason] ?? reason}`;
}

/** Id of the instance whose log is meant, as the status has it; "" where it has none. */
export function instanceOf({ container, previous }: LogTarget, status: PodStatus | undefined): string {
  const { containerID, state, lastState } = statusOf(status, container) ?? {};
  const before = lastState?.terminated;
  if (state?.running !== undefined && !previous) return containerID ?? "";
  const instance = !previous && hasLog(state?.terminated) ? state?.terminated : before;
  return instance?.containerID ?? "";
}

/** An instance that never started has no id, and no log. */
function hasLog(instance: { readonly containerID?: string } | undefined): boolean {
  return instance?.containerID !== undefined && instance.containerID !== "";
}

/** The status of a container of any kind. */
export function statusOf(status: PodStatus | undefined, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  const named = (each: ContainerStatus): boolean => each.name === name;
  return containerStatuses.find(named) ?? initContainerStatuses.find(named) ?? ephemeralContainerStatuses.find(named);
}
