/** Observations and events: generated messages in, domain values out. Unknown enum numbers get a default here and nowhere else. */
import {
  ContainerKind,
  type ContainerObservation as WireContainer,
  OutputStream,
  type PodEvent,
  PodEventType,
  type PodObservation as WirePod,
  PodStage,
  type ResizeStatus,
  type Resources as WireResources,
  SandboxState,
  type ContainerTerminated,
  type LogChunk as WireLogChunk,
  TerminationCause,
} from "@outboard/contract";
import { defined } from "../domain/defined.js";
import type {
  Cause,
  ContainerObservation,
  ContainerState,
  PodObservation,
  ProviderEvent,
  Resources,
  Sandbox,
  Stage,
  Terminated,
} from "../domain/observation.js";
import type { LogChunk } from "../ports/provider.js";

const STAGES: Readonly<Record<number, Stage>> = {
  [PodStage.ACCEPTED]: "accepted",
  [PodStage.PREPARING]: "preparing",
  [PodStage.STARTED]: "started",
  [PodStage.STOPPING]: "stopping",
  [PodStage.ENDED]: "ended",
};
const SANDBOXES: Readonly<Record<number, Sandbox>> = {
  [SandboxState.NONE]: "none",
  [SandboxState.CREATING]: "creating",
  [SandboxState.READY]: "ready",
  [SandboxState.GONE]: "gone",
};
const CAUSES: Readonly<Record<number, Cause>> = {
  [TerminationCause.USER]: "user",
  [TerminationCause.BACKEND_RECLAIMED]: "backend-reclaimed",
  [TerminationCause.BACKEND_LOST]: "backend-lost",
  [TerminationCause.OUT_OF_MEMORY]: "out-of-memory",
  [TerminationCause.DEADLINE]: "deadline",
  [TerminationCause.PREEMPTED]: "preempted",
  [TerminationCause.START_REJECTED]: "start-rejected",
  [TerminationCause.EVICTED]: "evicted",
  [TerminationCause.ORPHAN]: "orphan",
};
const KINDS: Readonly<Record<number, ContainerObservation["kind"]>> = {
  [ContainerKind.INIT]: "init",
  [ContainerKind.SIDECAR]: "sidecar",
  [ContainerKind.EPHEMERAL]: "ephemeral",
};
const STREAMS: Readonly<Record<number, LogChunk["stream"]>> = {
  [OutputStream.STDOUT]: "stdout",
  [OutputStream.STDERR]: "stderr",
};

/** Maps an observation. undefined: it breaks the contract (no UID, no stage) and is ignored. */
export function fromObservation(wire: WirePod): PodObservation | undefined {
  const stage = STAGES[wire.stage];
  if (wire.uid === "" || stage === undefined) return undefined;
  return {
    uid: wire.uid,
    namespace: wire.namespace,
    name: wire.name,
    epoch: wire.epoch,
    revision: wire.revision,
    specRevision: wire.specRevision,
    specDigest: Buffer.from(wire.specDigest).toString("hex"),
    inputVersion: wire.inputVersion,
    backendId: wire.backendId,
    stage,
    sandbox: SANDBOXES[wire.sandbox] ?? "unknown",
    podIPs: [...wire.podIps], // the decoder's lists have room for more
    hostIPs: [...wire.hostIps],
    observedAt: timeOf(wire.observedAt),
    needsInputs: wire.needsInputs,
    containers: wire.containers.map(fromContainer),
    ...defined({
      cause: CAUSES[wire.cause],
      failure: wire.failure && { reason: wire.failure.reason, message: wire.failure.message },
      resources: wire.resources && fromResources(wire.resources),
      resize: fromResize(wire.resize),
    }),
  };
}

/** Maps an event. */
export function fromEvent(wire: PodEvent): ProviderEvent {
  return {
    uid: wire.uid,
    seq: wire.seq,
    time: timeOf(wire.time),
    type: wire.type === PodEventType.WARNING ? "Warning" : "Normal",
    reason: wire.reason,
    container: wire.container,
    message: wire.message,
    count: Math.max(1, wire.count),
  };
}

/** Maps a piece of a log. */
export function fromLogChunk(wire: WireLogChunk): LogChunk {
  const { data, partial, timeUnixNano } = wire;
  const chunk = { stream: STREAMS[wire.stream] ?? "merged", data, partial };
  return timeUnixNano === undefined ? chunk : { ...chunk, timeUnixNano };
}

/** RFC 3339 with seconds, as a pod's status has it; undefined for a time beyond what a date can hold. */
function fromDate(date: Date | undefined): string | undefined {
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Empty: not known. */
function timeOf(date: Date | undefined): string {
  return fromDate(date) ?? "";
}

function fromContainer(wire: WireContainer): ContainerObservation {
  return {
    name: wire.name,
    kind: KINDS[wire.kind] ?? "main",
    state: fromState(wire.state),
    willRestart: wire.willRestart,
    restartCount: wire.restartCount,
    containerId: wire.containerId,
    image: wire.image,
    imageId: wire.imageId,
    mounts: wire.mounts,
    ...defined({
      lastTermination: wire.lastTermination && fromTerminated(wire.lastTermination),
      started: wire.started,
      ready: wire.ready,
      user: wire.user && fromUser(wire.user),
      resources: wire.resources && fromResources(wire.resources),
    }),
  };
}

function fromState(state: WireContainer["state"]): ContainerState {
  switch (state?.$case) {
    case "waiting":
      return { kind: "waiting", reason: state.value.reason, message: state.value.message };
    case "running":
      return { kind: "running", since: timeOf(state.value.since) };
    case "terminated":
      return { kind: "terminated", ...fromTerminated(state.value) };
    default:
      return { kind: "unknown" };
  }
}

function fromTerminated(wire: ContainerTerminated): Terminated {
  return {
    reason: wire.reason,
    message: wire.message,
    containerId: wire.containerId,
    ...defined({
      exitCode: wire.exitCode,
      signal: wire.signal,
      since: fromDate(wire.since),
      until: fromDate(wire.until),
    }),
  };
}

function fromUser(wire: NonNullable<WireContainer["user"]>): NonNullable<ContainerObservation["user"]> {
  return { uid: Number(wire.uid), gid: Number(wire.gid), supplementalGroups: wire.supplementalGroups.map(Number) };
}

function fromResources(wire: WireResources): Resources {
  return { requests: Object.fromEntries(wire.requests), limits: Object.fromEntries(wire.limits) };
}

function fromResize(wire: ResizeStatus | undefined): PodObservation["resize"] {
  switch (wire?.state?.$case) {
    case "inProgress":
      return { kind: "in-progress" };
    case "error":
      return { kind: "error", message: wire.state.value.message };
    default:
      return undefined;
  }
}
