/** PodStatus: facts from the provider and decisions of the gateway, told as the kubelet tells them. */
import { containerStatuses, sameStatuses } from "./container-statuses.js";
import { loseRunning, settleStatuses } from "./ended-statuses.js";
import { finalStatus } from "./final-status.js";
import { sameValue } from "./json-diff.js";
import { kubeTime } from "./kube-time.js";
import { defined, nonEmpty } from "./defined.js";
import type { Pod, PodCondition, PodStatus } from "./kubernetes.js";
import type { PodObservation, Sandbox } from "./observation.js";
import { podAddresses } from "./pod-addresses.js";
import {
  type ConditionsInput,
  isOwnedCondition,
  type PendingResize,
  podConditions,
  unready,
} from "./pod-conditions.js";
import {
  computePhase,
  decidePhase,
  isTerminalPhase,
  type Phase,
  type PhaseVerdict,
  type Statuses,
} from "./pod-phase.js";
import { podLevelResources } from "./pod-level-resources.js";
import { qosClass } from "./qos.js";
import { causeVerdict, disruptionOf } from "./pod-verdict.js";

/** Everything that a status depends on. */
export interface StatusInput {
  /** As the API has it now, status included; resources are the allocated ones. */
  readonly pod: Pod;
  /** Absent: the provider does not have the pod (yet, or any more). */
  readonly observation?: PodObservation | undefined;
  /** What was last wanted; absent: what the API shows. */
  readonly previous?: PodStatus | undefined;
  /** Addresses of the node for hostIPs, primary first. */
  readonly hostIPs: readonly string[];
  /** Scheme of container ids. */
  readonly runtimeName: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The pod has ended for good. Absent: read from the observation's stage. */
  readonly terminal?: boolean;
  /** The pod had started, the provider has lost it, and nothing of it may restart (absence proven). */
  readonly lost?: boolean;
  /** A decision of the gateway (deadline, eviction, giving up); shown once the pod has ended. */
  readonly verdict?: PhaseVerdict | undefined;
  /** Message of condition DisruptionTarget; absent: none. */
  readonly disruption?: string | undefined;
  /** Why nothing is observed yet, for containers that wait. */
  readonly waiting?: { readonly reason: string; readonly message: string } | undefined;
  readonly resizePending?: PendingResize | undefined;
  /** An allocated resize that is not yet known to be in effect. */
  readonly resizing?: { readonly generation: number; readonly before?: Pod | undefined } | undefined;
}

/** The status that the API should show. */
export function computeStatus(input: StatusInput): PodStatus {
  const api = input.pod.status ?? {};
  if (input.observation === undefined && isTerminalPhase(api.phase)) return api;
  const previous = input.previous ?? api;
  const ended = isEnded(input);
  const statuses = statusesOf(input, previous, ended);
  const verdict = verdictOf(input, statuses, ended);
  const conditions = podConditions(conditionsInput(input, { phase: verdict.phase, statuses, ended, previous }));
  const shown = { input, previous, conditions };
  if (!ended) return statusWith(shown, statuses, holdBack(verdict, api));
  const settled = statusWith(shown, settleStatuses(input.pod.spec, statuses), settleVerdict(verdict));
  if (input.observation === undefined) return settled;
  return finalStatus(api, { found: statusWith(shown, statuses, verdict), settled });
}

interface Shown {
  readonly input: StatusInput;
  readonly previous: PodStatus;
  readonly conditions: readonly PodCondition[];
}

function statusWith({ input, previous, conditions }: Shown, statuses: Statuses, verdict: PhaseVerdict): PodStatus {
  const { pod, now } = input;
  return {
    ...unowned(pod.status ?? {}),
    ...generationOf(pod, previous),
    ...shownVerdict(verdict),
    conditions: isTerminalPhase(verdict.phase) ? unready(conditions, verdict.phase, now) : conditions,
    ...podAddresses(input, previous),
    ...statuses,
    ...constants(pod, previous, now),
    ...levelResources(input, statuses),
  };
}

/** Of a running pod only cpu and memory count, but from the next change on: that alone is none. */
function levelResources(input: StatusInput, statuses: Statuses): ReturnType<typeof podLevelResources> {
  const { pod, observation, resizing } = input;
  const before = resizing?.before?.spec;
  const { spec, status: api = {}, metadata } = pod;
  const whole = podLevelResources(spec, statuses, { running: false, before });
  if (api.phase !== "Running") return whole;
  const isChanged = observation?.stage === "stopping" || api.observedGeneration !== metadata.generation;
  const isSame = !isChanged && sameStatuses(api, statuses) && sameValue(api.resources, whole.resources);
  return isSame ? whole : podLevelResources(spec, statuses, { running: true, before });
}

/** What is set once. */
function constants(pod: Pod, previous: PodStatus, now: number): Pick<PodStatus, "startTime" | "qosClass"> {
  return {
    startTime: previous.startTime ?? pod.status?.startTime ?? kubeTime(now),
    qosClass: pod.status?.qosClass ?? qosClass(pod.spec),
  };
}

function verdictOf(input: StatusInput, statuses: Statuses, ended: boolean): PhaseVerdict {
  const api = input.pod.status ?? {};
  const computed = computePhase(input.pod.spec, statuses, { terminal: ended });
  const forced = forcedVerdict(input, ended);
  return decidePhase(computed, defined({ api, previous: input.previous ?? api, forced }));
}

/** A pod that was never let in: nothing but the refusal. */
export function refusedStatus(pod: Pod, refusal: { reason: string; message: string }, now: number): PodStatus {
  const api = pod.status ?? {};
  return {
    ...unowned(api),
    ...generationOf(pod, api),
    phase: "Failed",
    reason: refusal.reason,
    message: `Pod was rejected: ${refusal.message}`,
    conditions: (api.conditions ?? []).filter(({ type }) => !isOwnedCondition(type)),
    ...constants(pod, api, now),
  };
}

function isEnded(input: StatusInput): boolean {
  return input.lost === true || (input.terminal ?? input.observation?.stage === "ended");
}

function statusesOf(input: StatusInput, previous: PodStatus, ended: boolean): Statuses {
  const { pod, observation, runtimeName, now } = input;
  const statuses = containerStatuses({ pod, observation, previous, runtimeName, now, ended });
  if (ended && observation === undefined) return loseRunning(statuses);
  return observation === undefined ? withWaiting(statuses, input.waiting) : statuses;
}

function withWaiting(statuses: Statuses, waiting: StatusInput["waiting"]): Statuses {
  if (waiting === undefined) return statuses;
  const change = (list: Statuses["containerStatuses"]): NonNullable<Statuses["containerStatuses"]> =>
    (list ?? []).map((status) => (status.state?.waiting === undefined ? status : { ...status, state: { waiting } }));
  return { ...statuses, containerStatuses: change(statuses.containerStatuses) };
}

function forcedVerdict(input: StatusInput, ended: boolean): PhaseVerdict | undefined {
  const { verdict, observation } = input;
  if (verdict !== undefined || observation === undefined) return verdict;
  return ended || isOverdue(observation) ? causeVerdict(observation) : undefined;
}

/** It has failed already, which shows once it has ended. */
function isOverdue({ stage, cause }: PodObservation): boolean {
  return stage === "stopping" && cause === "deadline";
}

interface ConditionFacts {
  readonly phase: Phase;
  readonly statuses: Statuses;
  readonly ended: boolean;
  readonly previous: PodStatus;
}

function conditionsInput(input: StatusInput, facts: ConditionFacts): ConditionsInput {
  const { pod, now, resizePending, observation } = input;
  const { phase, statuses, ended, previous } = facts;
  const base = { pod, phase, statuses, now, previous: previous.conditions ?? [] };
  const observed = observation?.sandbox ?? "unknown";
  const disruption = input.disruption ?? (observation === undefined ? undefined : disruptionOf(observation));
  if (ended) return defined({ ...base, sandbox: endedSandbox(observed, previous), disruption });
  const isHeld = observation !== undefined && isOverdue(observation); // it goes with the end
  return defined({
    ...base,
    sandbox: sandboxOf(isHeld ? "unknown" : observed, previous),
    resizePending,
    resizing: resizingOf(input),
  });
}

function resizingOf({ pod, observation, resizing }: StatusInput): ConditionsInput["resizing"] | undefined {
  const resize = observation?.resize;
  if (resize === undefined && resizing === undefined) return undefined;
  const error = resize?.kind === "error" ? resize.message : undefined;
  return defined({ observedGeneration: resizing?.generation ?? pod.metadata.generation ?? 0, error });
}

/** What is not known stays. */
function sandboxOf(observed: Sandbox, previous: PodStatus): Sandbox {
  if (observed !== "unknown") return observed;
  const before = readyToStart(previous);
  if (before?.status === "True") return "ready";
  return isNever(before) ? "none" : "gone";
}

/** What has ended has no sandbox any more. */
function endedSandbox(observed: Sandbox, previous: PodStatus): Sandbox {
  const seen = observed === "ready" || observed === "gone";
  return seen || !isNever(readyToStart(previous)) ? "gone" : "none";
}

function readyToStart(previous: PodStatus): PodCondition | undefined {
  return previous.conditions?.find(({ type }) => type === "PodReadyToStartContainers");
}

/** No sandbox was ever shown. */
function isNever(condition: PodCondition | undefined): boolean {
  return condition === undefined || condition.message === "no pod sandbox exists";
}

/** A pod that ended has a terminal phase, even if nothing of it ever started. */
function settleVerdict(verdict: PhaseVerdict): PhaseVerdict {
  return isTerminalPhase(verdict.phase) ? verdict : { ...verdict, phase: "Failed" };
}

/** No terminal phase while anything may run. */
function holdBack(verdict: PhaseVerdict, api: PodStatus): PhaseVerdict {
  if (!isTerminalPhase(verdict.phase) || isTerminalPhase(api.phase)) return verdict;
  const phase = api.phase === "Running" ? "Running" : "Pending";
  return { phase, reason: api.reason ?? "", message: api.message ?? "" };
}

function shownVerdict({ phase, reason, message }: PhaseVerdict): Pick<PodStatus, "phase" | "reason" | "message"> {
  return defined({ phase, reason: nonEmpty(reason), message: nonEmpty(message) });
}

function generationOf(pod: Pod, previous: PodStatus): Pick<PodStatus, "observedGeneration"> {
  const generation = Math.max(pod.metadata.generation ?? 0, previous.observedGeneration ?? 0);
  return generation === 0 ? {} : { observedGeneration: generation };
}

/** Fields that others write. */
function unowned(api: PodStatus): PodStatus {
  const { nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus } = api;
  return defined({ nominatedNodeName, resourceClaimStatuses, extendedResourceClaimStatus });
}
