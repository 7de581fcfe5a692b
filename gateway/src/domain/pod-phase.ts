/** status.phase from a spec and container statuses, exactly as the kubelet counts. */
import type { Container, ContainerStatus, PodSpec, PodStatus } from "./kubernetes.js";
import { isSidecar, mayRestart } from "./restart-rules.js";

/** A pod's phase. */
export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** Container statuses by kind. */
export type Statuses = Pick<PodStatus, "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses">;

/** How a pod stands. */
export interface PhaseFlags {
  /** The pod has ended for good: nothing is restarted whatever the policy. */
  readonly terminal: boolean;
  /** A regular container has started. Absent: read from the statuses. */
  readonly regularStarted?: boolean;
}

/** True for phases that are never left. */
export function isTerminalPhase(phase: string | undefined): phase is "Succeeded" | "Failed" {
  return phase === "Succeeded" || phase === "Failed";
}

/** The phase that the statuses amount to, before what overrides it (see decidePhase). */
export function computePhase(spec: PodSpec, statuses: Statuses, flags: PhaseFlags): Phase {
  const { initContainerStatuses = [], containerStatuses = [] } = statuses;
  const init = countInit(spec, initContainerStatuses);
  const counts = add(countSidecars(spec, initContainerStatuses), countRegular(spec, containerStatuses));
  if (init.failed) return "Failed";
  const started = flags.regularStarted ?? hasRegularStarted(statuses);
  if (init.pending || (counts.starting > 0 && !started)) return "Pending";
  if (counts.waiting + counts.unknown > 0) return "Pending";
  if (counts.running > 0) return "Running";
  return counts.stopped > 0 ? stoppedPhase(counts, flags.terminal) : "Pending";
}

/** True once any regular container ran. */
export function hasRegularStarted(statuses: Statuses): boolean {
  return (statuses.containerStatuses ?? []).some(
    ({ state, lastState }) =>
      state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined,
  );
}

/** What an override looks at and gives. */
export interface PhaseVerdict {
  readonly phase: Phase;
  readonly reason: string;
  readonly message: string;
}

/** Known before: what was last decided, and what the API shows. */
export interface PhaseHistory {
  readonly api: Pick<PodStatus, "phase" | "reason" | "message">;
  readonly previous: Pick<PodStatus, "phase" | "reason" | "message">;
  /** A decision of our own: deadline, eviction, loss. */
  readonly forced?: PhaseVerdict;
}

/** Phase, reason and message: terminal phases stay, and a phase that stays keeps its reason and message. */
export function decidePhase(computed: Phase, history: PhaseHistory): PhaseVerdict {
  const { api, previous, forced } = history;
  let phase: Phase = isTerminalPhase(computed) ? computed : sticky(previous, api, computed);
  const kept = phase === previous.phase;
  let reason = kept ? previous.reason || api.reason || "" : "";
  let message = kept ? previous.message || api.message || "" : "";
  if (forced !== undefined) ({ phase, reason, message } = forced);
  return { phase: isTerminalPhase(api.phase) ? api.phase : phase, reason, message };
}

function sticky(previous: { readonly phase?: string }, api: { readonly phase?: string }, computed: Phase): Phase {
  if (isTerminalPhase(previous.phase)) return previous.phase;
  return isTerminalPhase(api.phase) ? api.phase : computed;
}

interface Counts {
  readonly running: number;
  readonly waiting: number;
  /** Sidecars that others wait for. */
  readonly starting: number;
  readonly stopped: number;
  readonly succeeded: number;
  readonly final: number;
  readonly unknown: number;
}

const NONE: Counts = { running: 0, waiting: 0, starting: 0, stopped: 0, succeeded: 0, final: 0, unknown: 0 };

function add(a: Counts, b: Partial<Counts>): Counts {
  const keys = Object.keys(a) as readonly (keyof Counts)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + (b[key] ?? 0)])) as unknown as Counts;
}

function stoppedPhase(counts: Counts, terminal: boolean): Phase {
  if (!terminal && counts.stopped !== counts.final) return "Running";
  return counts.stopped === counts.succeeded ? "Succeeded" : "Failed";
}

function countInit(spec: PodSpec, statuses: readonly ContainerStatus[]): { pending: boolean; failed: boolean } {
  let pending = false;
  let failed = false;
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) continue;
    const ended = endedInstance(find(statuses, container));
    if (ended === undefined) pending = true;
    else if (ended.exitCode !== 0 && isFinal(container, spec, ended)) failed = true;
  }
  return { pending, failed };
}

function countSidecars(spec: PodSpec, statuses: readonly ContainerStatus[]): Counts {
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  return sidecars.map((container) => sidecarCount(find(statuses, container))).reduce(add, NONE);
}

/** A sidecar that ended, or restarts, does not count. */
function sidecarCount(status: ContainerStatus | undefined): Partial<Counts> {
  if (status === undefined) return { unknown: 1 };
  if (status.state?.running !== undefined) return { running: 1, starting: status.started === true ? 0 : 1 };
  if (endedInstance(status) !== undefined) return {};
  return status.state?.waiting === undefined ? { starting: 1, unknown: 1 } : { starting: 1, waiting: 1 };
}

function countRegular(spec: PodSpec, statuses: readonly ContainerStatus[]): Counts {
  return spec.containers.map((container) => regularCount(container, spec, find(statuses, container))).reduce(add, NONE);
}

function regularCount(container: Container, spec: PodSpec, status: ContainerStatus | undefined): Partial<Counts> {
  if (status?.state?.running !== undefined) return { running: 1 };
  const ended = endedInstance(status);
  if (ended === undefined) return status?.state?.waiting === undefined ? { unknown: 1 } : { waiting: 1 };
  const succeeded = status?.state?.terminated?.exitCode === 0 ? 1 : 0;
  return { stopped: 1, final: isFinal(container, spec, ended) ? 1 : 0, succeeded };
}

/** The instance that a container in state terminated or waiting shows last. */
function endedInstance(status: ContainerStatus | undefined): { exitCode: number; reason?: string } | undefined {
  if (status?.state?.terminated !== undefined) return status.state.terminated;
  return status?.state?.waiting === undefined ? undefined : status.lastState?.terminated;
}

function isFinal(container: Container, spec: PodSpec, ended: { exitCode: number; reason?: string }): boolean {
  return ended.reason !== "RestartingAllContainers" && !mayRestart(container, spec, ended.exitCode);
}

function find(statuses: readonly ContainerStatus[], container: Container): ContainerStatus | undefined {
  return statuses.find((status) => status.name === container.name);
}
