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
  const cause = CAUSES[wire.cause];
  const resize = fromResize(wire.resize);
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
    podIPs: wire.podIps,
    hostIPs: wire.hostIps,
    observedAt: wire.observedAt === undefined ? "" : fromDate(wire.observedAt),
    needsInputs: wire.needsInputs,
    containers: wire.containers.map(fromContainer),
    ...(cause === undefined ? {} : { cause }),
    ...(wire.failure === undefined ? {} : { failure: { reason: wire.failure.reason, message: wire.failure.message } }),
    ...(wire.resources === undefined ? {} : { resources: fromResources(wire.resources) }),
    ...(resize === undefined ? {} : { resize }),
  };
}

/** Maps an event. */
export function fromEvent(wire: PodEvent): ProviderEvent {
  return {
    uid: wire.uid,
    seq: wire.seq,
    time: wire.time === undefined ? "" : fromDate(wire.time),
    type: wire.type === PodEventType.WARNING ? "Warning" : "Normal",
    reason: wire.reason,
    container: wire.container,
    message: wire.message,
    count: Math.max(1, wire.count),
  };
}

/** Maps a piece of a log. */
export function fromLogChunk(wire: WireLogChunk): LogChunk {
  return {
    stream: STREAMS[wire.stream] ?? "merged",
    data: wire.data,
    partial: wire.partial,
    ...(wire.timeUnixNano === undefined ? {} : { timeUnixNano: wire.timeUnixNano }),
  };
}

/** RFC 3339 with seconds, as a pod's status has it. */
export function fromDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
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
    ...(wire.lastTermination === undefined ? {} : { lastTermination: fromTerminated(wire.lastTermination) }),
    ...(wire.started === undefined ? {} : { started: wire.started }),
    ...(wire.ready === undefined ? {} : { ready: wire.ready }),
    ...(wire.user === undefined ? {} : { user: fromUser(wire.user) }),
    ...(wire.resources === undefined ? {} : { resources: fromResources(wire.resources) }),
  };
}

function fromState(state: WireContainer["state"]): ContainerState {
  switch (state?.$case) {
    case "waiting":
      return { kind: "waiting", reason: state.value.reason, message: state.value.message };
    case "running":
      return { kind: "running", since: state.value.since === undefined ? "" : fromDate(state.value.since) };
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
    ...(wire.exitCode === undefined ? {} : { exitCode: wire.exitCode }),
    ...(wire.signal === undefined ? {} : { signal: wire.signal }),
    ...(wire.since === undefined ? {} : { since: fromDate(wire.since) }),
    ...(wire.until === undefined ? {} : { until: fromDate(wire.until) }),
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
