/** All container statuses of a pod, by kind and in the kubelet's order. */
import { type ContainerFacts, type StatusContext, containerStatus } from "./container-status.js";
import { sameValue } from "./json-diff.js";
import { kubeTime } from "./kube-time.js";
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from "./kubernetes.js";
import type { ContainerObservation, PodObservation } from "./observation.js";
import { isTerminalPhase, type Statuses } from "./pod-phase.js";
import { isSidecar, mayRestart, mayRestartAll } from "./restart-rules.js";
import { compareText } from "./text.js";

/** Bytes of all termination messages of a pod together. */
const MESSAGE_BYTES = 12 * 1024;

/** What the statuses are made of. */
export interface StatusesInput {
  readonly pod: Pod;
  readonly observation: PodObservation | undefined;
  /** What was shown before. */
  readonly previous: PodStatus;
  readonly runtimeName: string;
  readonly now: number;
  /** The pod has ended for good. */
  readonly ended: boolean;
}

/** containerStatuses, initContainerStatuses and ephemeralContainerStatuses. */
export function containerStatuses(input: StatusesInput): Statuses {
  const { spec } = input.pod;
  const context = contextOf(input);
  const make = (containers: readonly Container[], list: readonly ContainerStatus[] | undefined, ephemeral: boolean) =>
    containers.map((container) => statusOf(input, factsOf(input, container, list, ephemeral), context));
  const main = make(spec.containers, input.previous.containerStatuses, false);
  const init = make(spec.initContainers ?? [], input.previous.initContainerStatuses, false);
  const ephemeral = make(ephemeralContainers(input), input.previous.ephemeralContainerStatuses, true);
  return {
    containerStatuses: main.sort(byName),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral.sort(byName) }),
  };
}

/** One that was added to a pod that had ended gets no status: nothing will ever be tried for it. */
function ephemeralContainers({ pod: { spec }, previous }: StatusesInput): readonly Container[] {
  const all = spec.ephemeralContainers ?? [];
  if (!isTerminalPhase(previous.phase)) return all;
  return all.filter(({ name }) => previous.ephemeralContainerStatuses?.some((status) => status.name === name) === true);
}

/** True if both show the same of every container. */
export function sameStatuses(a: Statuses, b: Statuses): boolean {
  return (
    sameValue(a.containerStatuses, b.containerStatuses) &&
    sameValue(a.initContainerStatuses, b.initContainerStatuses) &&
    sameValue(a.ephemeralContainerStatuses, b.ephemeralContainerStatuses)
  );
}

/** Kind of a container of the spec. */
export function kindOf(spec: PodSpec, container: Container): ContainerObservation["kind"] {
  if (spec.initContainers?.includes(container) === true) return isSidecar(container) ? "sidecar" : "init";
  return spec.containers.includes(container) ? "main" : "ephemeral";
}

function statusOf(input: StatusesInput, facts: ContainerFacts, context: StatusContext): ContainerStatus {
  const status = containerStatus(facts, context);
  const { previous } = facts;
  const ended = previous?.state?.terminated;
  if (previous === undefined || ended === undefined || status.state?.terminated !== undefined) return status;
  if (context.terminating && status.state?.waiting !== undefined) return previous;
  return mayLeaveTerminated(input.pod.spec, facts, ended) ? status : previous;
}

/** The API refuses a container that leaves state terminated without a rule that restarts it. */
function mayLeaveTerminated(spec: PodSpec, facts: ContainerFacts, ended: { exitCode: number }): boolean {
  if (facts.kind === "sidecar" || mayRestartAll(spec)) return true;
  if (facts.kind === "init" && ended.exitCode === 0) return spec.restartPolicy === "Always";
  return facts.kind !== "ephemeral" && mayRestart(facts.container, spec, ended.exitCode);
}

function factsOf(
  input: StatusesInput,
  container: Container,
  list: readonly ContainerStatus[] | undefined,
  ephemeral: boolean,
): ContainerFacts {
  return {
    container,
    kind: ephemeral ? "ephemeral" : kindOf(input.pod.spec, container),
    observed: input.observation?.containers.find(({ name }) => name === container.name),
    previous: list?.find(({ name }) => name === container.name),
  };
}

function contextOf(input: StatusesInput): StatusContext {
  const { spec, metadata } = input.pod;
  const deleted = metadata.deletionTimestamp !== undefined;
  const init = spec.initContainers?.length ?? 0;
  const count = spec.containers.length + init + (spec.ephemeralContainers?.length ?? 0);
  return {
    runtimeName: input.runtimeName,
    defaultReason: init > 0 ? "PodInitializing" : "ContainerCreating",
    terminating: input.ended || deleted,
    deleted,
    messageLimit: Math.floor(MESSAGE_BYTES / Math.max(count, 1)),
    endedAt: input.observation?.observedAt || kubeTime(input.now),
  };
}

function byName(a: ContainerStatus, b: ContainerStatus): number {
  return compareText(a.name, b.name);
}
