/** Turns a record into the contract's observation, as the kubelet would show it. Pure. */
import {
  ContainerKind,
  type ContainerObservation,
  ContainerTerminated,
  PodStage,
  type ResizeStatus,
  SandboxState,
  TerminationCause,
} from "@outboard/contract";
import type { ObservationDraft } from "../provider.js";
import { type ContainerKindName, containersOf, type NamedContainer, type PodManifest } from "./manifest.js";
import { type PodView, type ProbeVerdict, restartOf } from "./plan-container.js";
import { type ContainerRecord, hasInstance, type Instance, nextAttempt, type PodRecord } from "./record.js";

/** A reason why a container does not run, from the last attempt to start it. */
export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

/** What is shown beside the record. */
export interface Circumstances {
  /** Absent: lost. */
  readonly manifest: PodManifest | undefined;
  readonly needsInputs: boolean;
  readonly resize: ResizeStatus | undefined;
  readonly isPreparing: boolean;
  readonly waiting: ReadonlyMap<string, WaitingReason>;
  readonly probes: (container: string) => ProbeVerdict;
  /** What the readiness and startup probes say; absent fields: no such probe. */
  readonly health: (container: string) => { readonly started?: boolean; readonly ready?: boolean };
  readonly now: number;
}

/** The observation of a pod. */
export function observePod(record: PodRecord, around: Circumstances): ObservationDraft {
  return {
    uid: record.uid,
    namespace: record.namespace,
    name: record.name,
    specRevision: record.specRevision,
    specDigest: record.specDigest,
    inputVersion: record.inputVersion,
    backendId: record.uid,
    stage: stageOf(record, around.isPreparing),
    sandbox: sandboxOf(record, around.isPreparing),
    podIps: hasTried(record, around) ? record.sandbox.podIPs : [],
    hostIps: record.sandbox.hostIPs,
    observedAt: new Date(around.now),
    needsInputs: around.needsInputs,
    cause: record.stop?.cause ?? TerminationCause.UNSPECIFIED,
    failure: record.failure,
    resize: record.ended ? undefined : around.resize,
    containers: namedContainers(record, around.manifest).map((named) => observeContainer(record, named, around)),
  };
}

/** As with the kubelet the addresses show with what came of the first container, not with the sandbox. */
function hasTried(record: PodRecord, { waiting }: Circumstances): boolean {
  return waiting.size > 0 || record.stop !== undefined || record.ended || hasInstance(record);
}

function stageOf(record: PodRecord, isPreparing: boolean): PodStage {
  if (record.ended) return PodStage.ENDED;
  if (record.stop !== undefined) return PodStage.STOPPING;
  if (hasInstance(record)) return PodStage.STARTED;
  return isPreparing ? PodStage.PREPARING : PodStage.ACCEPTED;
}

function sandboxOf(record: PodRecord, isPreparing: boolean): SandboxState {
  if (record.sandbox.state === "ready") return SandboxState.READY;
  const isGone = record.sandbox.state === "gone" || (record.ended && record.round > 0);
  if (isGone) return SandboxState.GONE;
  const isWanted = isPreparing && record.stop === undefined && !record.ended;
  return isWanted ? SandboxState.CREATING : SandboxState.NONE;
}

/** Without a Manifest: what the runtime knows. */
function namedContainers(record: PodRecord, manifest: PodManifest | undefined): readonly NamedContainer[] {
  if (manifest !== undefined) return containersOf(manifest);
  return [...record.containers].map(([name, { kind }]) => ({ kind, container: { name } }));
}

function observeContainer(record: PodRecord, named: NamedContainer, around: Circumstances): ContainerObservation {
  const { name } = named.container;
  const container = record.containers.get(name) ?? { kind: named.kind };
  const isErased = container.current?.isErased === true;
  return {
    name,
    kind: KINDS[named.kind],
    willRestart: false,
    restartCount: isErased ? nextAttempt(container) : (container.current?.attempt ?? nextAttempt(container)),
    ...instanceFields(isErased && hasBegunAnew(record) ? undefined : container.current),
    ...(isRunning(container.current) ? around.health(name) : {}),
    ...showState(record, named, container, around),
  };
}

function isRunning(instance: Instance | undefined): boolean {
  return instance !== undefined && instance.ending === undefined;
}

type InstanceFields = Pick<ContainerObservation, "containerId" | "image" | "imageId" | "user" | "mounts" | "resources">;

function instanceFields(current: Instance | undefined): InstanceFields {
  if (current === undefined) return { containerId: "", image: "", imageId: "", mounts: [] };
  const { id, image, imageId, user, mounts, resources } = current;
  const inEffect = isRunning(current) ? resources : undefined;
  return { containerId: id, image, imageId, user, mounts: mounts ?? [], resources: inEffect };
}

type Shown = Pick<ContainerObservation, "state" | "lastTermination"> & { readonly willRestart?: boolean };

const ERASED = {
  reason: "RestartingAllContainers",
  message: "The container is removed because RestartAllContainers in place",
} as const;

function showState(record: PodRecord, named: NamedContainer, container: ContainerRecord, around: Circumstances): Shown {
  const { current } = container;
  const before = lastOf(container.previous, container);
  if (current !== undefined && current.ending === undefined) {
    return { state: { $case: "running", value: { since: dateOf(current.startedAt) } }, lastTermination: before };
  }
  if (current?.isErased === true && isWaitingShown(record)) {
    const value = hasBegunAnew(record) ? { reason: defaultReason(around.manifest), message: "" } : ERASED;
    return { state: { $case: "waiting", value }, lastTermination: terminated(current) };
  }
  const waiting = isWaitingShown(record) ? around.waiting.get(named.container.name) : undefined;
  const again = current !== undefined && seemsToRestart(record, named, current, around);
  if (current === undefined || (again && waiting !== undefined && !hasSucceeded(named, current))) {
    const value = waiting ?? { reason: defaultReason(around.manifest), message: "" };
    return { state: { $case: "waiting", value }, lastTermination: lastOf(current, container) };
  }
  return {
    state: { $case: "terminated", value: terminated(current) },
    lastTermination: before,
    willRestart: again,
  };
}

/** After all containers were removed one runs again: the others wait as at first. */
function hasBegunAnew({ containers, round }: PodRecord): boolean {
  return [...containers.values()].some(({ kind, current }) => kind !== "ephemeral" && current?.round === round);
}

/** A pod that is deleted waits for nothing any more; one that its node ends shows what it waited for. */
function isWaitingShown({ stop, ended }: PodRecord): boolean {
  if (stop === undefined) return !ended;
  return stop.cause === TerminationCause.DEADLINE || stop.cause === TerminationCause.EVICTED;
}

/** As the kubelet takes it of every init container: a sidecar starts again all the same, and never shows that it waits. */
function hasSucceeded({ kind }: NamedContainer, { ending }: Instance): boolean {
  return (kind === "init" || kind === "sidecar") && ending?.exitCode === 0;
}

/** Ephemeral containers never start again; trouble with their start shows as if they would. */
function seemsToRestart(record: PodRecord, named: NamedContainer, current: Instance, around: Circumstances): boolean {
  const isBroken = named.kind === "ephemeral" && around.waiting.has(named.container.name);
  return willRestart(record, isBroken ? { ...named, kind: "main" } : named, current, around);
}

function willRestart(record: PodRecord, named: NamedContainer, current: Instance, around: Circumstances): boolean {
  if (around.manifest === undefined || record.ended || record.stop !== undefined) return false;
  const view: PodView = { record, manifest: around.manifest, probes: around.probes, now: around.now };
  return current.round !== record.round || restartOf(view, named, current).restarts;
}

function lastOf(instance: Instance | undefined, container: ContainerRecord): ContainerTerminated | undefined {
  return instance?.ending === undefined ? container.priorTermination : terminated(instance);
}

/** What never ran began, as with the kubelet, in 1970. */
function terminated(instance: Instance): ContainerTerminated {
  const { ending } = instance;
  if (instance.isErased === true) return ContainerTerminated.fromPartial({ ...ERASED, exitCode: 137 });
  return {
    exitCode: ending?.exitCode,
    signal: ending?.signal,
    reason: ending?.reason ?? "",
    message: ending?.message ?? "",
    since: dateOf(instance.startedAt ?? 0),
    until: dateOf(ending?.finishedAt),
    containerId: instance.id,
  };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

function defaultReason(manifest: PodManifest | undefined): string {
  return (manifest?.spec.initContainers?.length ?? 0) > 0 ? "PodInitializing" : "ContainerCreating";
}

const KINDS: Readonly<Record<ContainerKindName, ContainerKind>> = {
  init: ContainerKind.INIT,
  sidecar: ContainerKind.SIDECAR,
  main: ContainerKind.MAIN,
  ephemeral: ContainerKind.EPHEMERAL,
};
