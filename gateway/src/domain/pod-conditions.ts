/** status.conditions: ours computed, foreign ones kept, times kept while a status stays. */
import { kubeTime } from "./kube-time.js";
import type { Container, ContainerStatus, Pod, PodCondition } from "./kubernetes.js";
import type { Sandbox } from "./observation.js";
import { hasRegularStarted, type Phase, type Statuses } from "./pod-phase.js";
import { asksForAll, isSidecar, mayRestartAll } from "./restart-rules.js";

/** Condition types that the kubelet alone writes. */
const OWNED: ReadonlySet<string> = new Set([
  "PodScheduled",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodReadyToStartContainers",
  "PodResizePending",
  "PodResizeInProgress",
  "AllContainersRestarting",
]);

/** True for conditions that we write and may repair. */
export function isOwnedCondition(type: string): boolean {
  return OWNED.has(type);
}

/** A resize that waits for room, or cannot be made. */
export interface PendingResize {
  readonly reason: "Deferred" | "Infeasible";
  /** What there is too little of, as in OutOfcpu: events say so. */
  readonly lack?: string;
  readonly message: string;
  readonly observedGeneration: number;
}

/** What the conditions say. */
export interface ConditionsInput {
  readonly pod: Pod;
  /** The phase as computed, before it may be held back. */
  readonly phase: Phase;
  readonly statuses: Statuses;
  readonly sandbox: Sandbox;
  /** Conditions as last wanted, for times. */
  readonly previous: readonly PodCondition[];
  readonly now: number;
  readonly resizePending?: PendingResize;
  /** A resize is being put into effect; error: it failed. */
  readonly resizing?: { readonly error?: string; readonly observedGeneration: number };
  /** The pod was ended for others' sake: condition DisruptionTarget. */
  readonly disruption?: string;
}

type Draft = Omit<PodCondition, "lastTransitionTime" | "lastProbeTime">;

/** Conditions that tell when they were last looked at. */
const PROBED: ReadonlySet<string> = new Set(["PodResizePending", "PodResizeInProgress"]);

/** The whole list: foreign, resize, disruption, then the rest in the kubelet's order. */
export function podConditions(input: ConditionsInput): readonly PodCondition[] {
  const present = input.pod.status?.conditions ?? [];
  const foreign = present.filter(({ type }) => !OWNED.has(type));
  const early: readonly Draft[] = [...resizeConditions(input), readyToStart(input), initialized(input)];
  const all = [...foreign, ...early];
  const ready = [podReady(input, all), containersReady(input)];
  const drafts: readonly Draft[] = [...early, ...ready, { type: "PodScheduled", status: "True" }];
  const generation = input.pod.metadata.generation;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const own = drafts.map((draft) => stamp({ ...observed, ...draft }, input));
  return [...withDisruption(foreign, input), ...own, ...allRestarting(input).map((draft) => stamp(draft, input))];
}

/** Terminal phases are never shown with Ready or ContainersReady True. */
export function unready(conditions: readonly PodCondition[], phase: Phase, now: number): readonly PodCondition[] {
  return conditions.map((condition) => {
    const { type, status } = condition;
    if (status !== "True" || (type !== "Ready" && type !== "ContainersReady")) return condition;
    return { ...condition, status: "False", reason: terminalReason(phase), lastTransitionTime: kubeTime(now) };
  });
}

function stamp(draft: Draft, input: ConditionsInput): PodCondition {
  const before = input.previous.find(({ type }) => type === draft.type);
  const now = kubeTime(input.now);
  const resize = PROBED.has(draft.type);
  const kept = before?.status === draft.status && (!resize || before.reason === draft.reason) ? before : undefined;
  const probed = resize ? { lastProbeTime: kept?.lastProbeTime ?? now } : {};
  return { ...draft, ...probed, lastTransitionTime: kept?.lastTransitionTime ?? now };
}

function terminalReason(phase: Phase): string {
  return phase === "Failed" ? "PodFailed" : "PodCompleted";
}

function resizeConditions(input: ConditionsInput): readonly Draft[] {
  const { resizePending: pending, resizing } = input;
  const error = resizing?.error === undefined ? {} : { reason: "Error", message: resizing.error };
  return [
    ...(pending === undefined ? [] : [{ type: "PodResizePending", status: "True", ...pending }]),
    ...(resizing === undefined
      ? []
      : [
          {
            type: "PodResizeInProgress",
            status: "True",
            observedGeneration: resizing.observedGeneration,
            ...error,
          },
        ]),
  ];
}

function withDisruption(foreign: readonly PodCondition[], input: ConditionsInput): readonly PodCondition[] {
  if (input.disruption === undefined) return foreign;
  const generation = input.pod.metadata.generation;
  const draft = {
    type: "DisruptionTarget",
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: "True",
    reason: "TerminationByKubelet",
    message: input.disruption,
  };
  return [...foreign.filter(({ type }) => type !== draft.type), stamp(draft, input)];
}

function readyToStart(input: ConditionsInput): Draft {
  const type = "PodReadyToStartContainers";
  if (input.sandbox === "ready") return { type, status: "True" };
  const message = input.sandbox === "gone" ? "pod sandbox is not ready" : "no pod sandbox exists";
  return { type, status: "False", reason: "PodSandboxNotReady", message };
}

function initialized(input: ConditionsInput): Draft {
  const type = "Initialized";
  const init = input.pod.spec.initContainers ?? [];
  const { unknown, bad } = sortOut(init, input.statuses.initContainerStatuses, isInitDone);
  if (input.phase === "Succeeded" && unknown.length === 0) return { type, status: "True", reason: "PodCompleted" };
  const message = listed(unknown, bad, "incomplete");
  if (message === "" || hasRegularStarted(input.statuses) || wasTrue(input, type)) return { type, status: "True" };
  return { type, status: "False", reason: "ContainersNotInitialized", message };
}

function isInitDone(container: Container, status: ContainerStatus): boolean {
  return isSidecar(container) ? status.started === true : status.ready;
}

function containersReady(input: ConditionsInput): Draft {
  const type = "ContainersReady";
  const { pod, statuses, phase } = input;
  const counted = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  const all = [...(statuses.initContainerStatuses ?? []), ...(statuses.containerStatuses ?? [])];
  const { unknown, bad } = sortOut(counted, all, (_, status) => status.ready);
  if (phase === "Failed" || (phase === "Succeeded" && unknown.length === 0)) {
    return { type, status: "False", reason: terminalReason(phase) };
  }
  const message = listed(unknown, bad, "unready");
  return message === "" ? { type, status: "True" } : { type, status: "False", reason: "ContainersNotReady", message };
}

function podReady(input: ConditionsInput, conditions: readonly Draft[]): Draft {
  const containers = containersReady(input);
  if (containers.status !== "True") return { ...containers, type: "Ready" };
  const messages = (input.pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = conditions.find(({ type }) => type === conditionType);
    if (gate === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    }
    if (gate.status === "True") return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (messages.length === 0) return { type: "Ready", status: "True" };
  return { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}

function allRestarting(input: ConditionsInput): readonly Draft[] {
  if (!mayRestartAll(input.pod.spec)) return [];
  const type = "AllContainersRestarting";
  if (input.phase === "Failed" || input.phase === "Succeeded") {
    return [{ type, status: "False", reason: terminalReason(input.phase) }];
  }
  const statuses = [...(input.statuses.initContainerStatuses ?? []), ...(input.statuses.containerStatuses ?? [])];
  if (!statuses.some((status) => hasAskedForAll(input.pod, status))) return [{ type, status: "False" }];
  const message = "container exited with restart policy rule";
  return [{ type, status: "True", reason: "RestartAllContainersStarted", message }];
}

/** From the end of a container whose rules ask for it until all are gone. */
function hasAskedForAll({ spec }: Pod, { name, state }: ContainerStatus): boolean {
  const container = [...(spec.initContainers ?? []), ...spec.containers].find((each) => each.name === name);
  const exitCode = state?.terminated?.exitCode;
  return exitCode !== undefined && container !== undefined && asksForAll(container, exitCode);
}

function sortOut(
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
  good: (container: Container, status: ContainerStatus) => boolean,
): { unknown: readonly string[]; bad: readonly string[] } {
  const unknown: string[] = [];
  const bad: string[] = [];
  for (const container of containers) {
    const status = statuses?.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!good(container, status)) bad.push(container.name);
  }
  return { unknown, bad };
}

function listed(unknown: readonly string[], bad: readonly string[], word: string): string {
  return [
    ...(unknown.length === 0 ? [] : [`containers with unknown status: [${unknown.join(" ")}]`]),
    ...(bad.length === 0 ? [] : [`containers with ${word} status: [${bad.join(" ")}]`]),
  ].join(", ");
}

function wasTrue(input: ConditionsInput, type: string): boolean {
  return input.previous.some((condition) => condition.type === type && condition.status === "True");
}
