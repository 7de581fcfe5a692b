/** What the API's status says of a pod's past, for pods that their provider lost (CONTRACT §4.1). */
import type { Container, ContainerStatus, Pod } from "./kubernetes.js";
import type { ContainerObservation, PodObservation, Terminated } from "./observation.js";
import { mayRestart } from "./restart-rules.js";

/** What a lost container had. */
export interface PriorContainer {
  readonly name: string;
  readonly restartCount: number;
  readonly lastTermination?: Terminated;
}

/** True once any container, init containers included, has run. */
export function isContainerStarted(pod: Pod): boolean {
  return allStatuses(pod).some(hasRun);
}

/** True if a container that ran, or was to run, may be started again under its rules. */
export function mayRestartAny(pod: Pod): boolean {
  const statuses = new Map((pod.status?.containerStatuses ?? []).map((status) => [status.name, status]));
  return pod.spec.containers.some((container) => mayStartAgain(pod, container, statuses.get(container.name)));
}

/**
 * Counts of what ran, for CreatePod.prior. A container that ran when it was lost counts one more. What was observed may be
 * ahead of the API's status, which nobody could write for a while.
 */
export function priorContainers(pod: Pod, observation?: PodObservation): readonly PriorContainer[] {
  const priors = new Map(
    allStatuses(pod)
      .filter(hasRun)
      .map((status) => [status.name, priorOf(status)]),
  );
  for (const container of observation?.containers ?? []) {
    const prior = priorOfObserved(container);
    if (prior !== undefined && prior.restartCount >= (priors.get(prior.name)?.restartCount ?? 0))
      priors.set(prior.name, prior);
  }
  return [...priors.values()];
}

function allStatuses({ status }: Pod): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}

function hasRun({ state, lastState }: ContainerStatus): boolean {
  return state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined;
}

/** A container that ran when it was lost ended in an unknown way: 137, as the kubelet has it. */
function mayStartAgain(pod: Pod, container: Container, status: ContainerStatus | undefined): boolean {
  if (status === undefined || !hasRun(status)) return true;
  const exitCode = status.state?.terminated?.exitCode ?? 137;
  return mayRestart(container, pod.spec, exitCode);
}

function priorOf({ name, restartCount, state, lastState, containerID = "" }: ContainerStatus): PriorContainer {
  if (state?.running !== undefined) {
    const { startedAt } = state.running;
    const lost = lostEnd(stripScheme(containerID));
    return {
      name,
      restartCount: restartCount + 1,
      lastTermination: startedAt === undefined ? lost : { ...lost, since: startedAt },
    };
  }
  const ended = state?.terminated ?? lastState?.terminated;
  const count = state?.terminated === undefined ? restartCount : restartCount + 1;
  return ended === undefined
    ? { name, restartCount: count }
    : { name, restartCount: count, lastTermination: terminatedOf(ended) };
}

function priorOfObserved(container: ContainerObservation): PriorContainer | undefined {
  const { name, kind, restartCount, state, lastTermination, containerId } = container;
  if (kind === "ephemeral") return undefined;
  switch (state.kind) {
    case "unknown":
      return undefined;
    case "waiting":
      return lastTermination === undefined ? undefined : { name, restartCount, lastTermination };
    case "running":
      return { name, restartCount: restartCount + 1, lastTermination: { ...lostEnd(containerId), since: state.since } };
    case "terminated": {
      const { kind: _, ...ended } = state;
      return { name, restartCount: restartCount + 1, lastTermination: ended };
    }
  }
}

function lostEnd(containerId: string): Terminated {
  return { reason: "ContainerStatusUnknown", message: LOST, containerId, exitCode: 137 };
}

function terminatedOf(ended: NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>): Terminated {
  const { exitCode, signal, reason = "", message = "", startedAt, finishedAt, containerID = "" } = ended;
  return {
    exitCode,
    reason,
    message,
    containerId: stripScheme(containerID),
    ...(signal === undefined ? {} : { signal }),
    ...(startedAt === undefined ? {} : { since: startedAt }),
    ...(finishedAt === undefined ? {} : { until: finishedAt }),
  };
}

const LOST = "The container could not be located when the pod was deleted.  The container used to be Running";

function stripScheme(id: string): string {
  const at = id.indexOf("://");
  return at < 0 ? id : id.slice(at + 3);
}
