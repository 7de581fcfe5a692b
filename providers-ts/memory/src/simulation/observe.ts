/** A simulated pod as the contract's observation. Pure. */
import {
  ContainerKind,
  type ContainerObservation,
  type ContainerTerminated,
  PodStage,
  type Resources,
  SandboxState,
  TerminationCause,
} from "@outboard/contract";
import type { ObservationDraft } from "@outboard/provider-sdk";
import { backOffMessage } from "./container.js";
import type { Ended, SimContainer, SimPod } from "./state.js";

const STAGES = {
  accepted: PodStage.ACCEPTED,
  preparing: PodStage.PREPARING,
  started: PodStage.STARTED,
  stopping: PodStage.STOPPING,
  ended: PodStage.ENDED,
} as const;
const SANDBOXES = {
  none: SandboxState.NONE,
  creating: SandboxState.CREATING,
  ready: SandboxState.READY,
  gone: SandboxState.GONE,
} as const;
const KINDS = {
  init: ContainerKind.INIT,
  sidecar: ContainerKind.SIDECAR,
  main: ContainerKind.MAIN,
  ephemeral: ContainerKind.EPHEMERAL,
} as const;

/** The backend's id of a pod: found from the UID alone. */
export function backendIdOf(uid: string): string {
  return `memory-${uid}`;
}

/** The observation at `now`. */
export function observe(pod: SimPod, now: number): ObservationDraft {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    specRevision: BigInt(pod.specRevision),
    specDigest: Buffer.from(pod.specDigest, "hex"),
    inputVersion: BigInt(pod.inputVersion),
    backendId: backendIdOf(pod.uid),
    stage: STAGES[pod.stage],
    sandbox: SANDBOXES[pod.sandbox],
    podIps: pod.ip === "" ? [] : [pod.ip],
    hostIps: [],
    observedAt: new Date(now),
    needsInputs: pod.needsInputs,
    cause: TerminationCause[pod.stop?.cause ?? "UNSPECIFIED"],
    failure: pod.failure,
    resources: undefined,
    resize: undefined,
    containers: pod.containers.map((container) => observeContainer(pod, container)),
  };
}

function observeContainer(pod: SimPod, container: SimContainer): ContainerObservation {
  const isRunning = container.now.kind === "running";
  const { resources } = container;
  return {
    name: container.name,
    kind: KINDS[container.kind],
    state: stateOf(pod, container),
    willRestart: container.now.kind === "ended" && container.now.restartAt !== undefined,
    lastTermination: container.last === undefined ? undefined : terminated(container.last),
    restartCount: container.priorRestarts + Math.max(0, container.starts - 1),
    containerId: container.id,
    image: container.image,
    imageId: container.starts === 0 ? "" : `memory://${container.image}`,
    started: isRunning ? undefined : false,
    ready: isRunning ? undefined : false,
    user: undefined,
    mounts: [],
    resources: isRunning && resources !== undefined ? quantities(resources) : undefined,
  };
}

function quantities({ requests, limits }: NonNullable<SimContainer["resources"]>): Resources {
  return { requests: new Map(requests), limits: new Map(limits) };
}

function stateOf(pod: SimPod, container: SimContainer): ContainerObservation["state"] {
  const { now } = container;
  switch (now.kind) {
    case "idle":
    case "pulling":
      return waiting(idleReason(pod, container), "");
    case "failing":
    case "unfit":
      return waiting(now.reason, now.message);
    case "back-off":
      return waiting("CrashLoopBackOff", backOffMessage(pod, container, now.backOffMs));
    case "running":
      return { $case: "running", value: { since: new Date(now.since) } };
    case "ended":
      return { $case: "terminated", value: terminated(now.ended) };
  }
}

function idleReason(pod: SimPod, { kind }: SimContainer): string {
  if (pod.roomAt !== undefined) return "OutOfCapacity";
  const hasInit = pod.containers.some((container) => container.kind === "init" || container.kind === "sidecar");
  return hasInit || kind === "init" ? "PodInitializing" : "ContainerCreating";
}

function waiting(reason: string, message: string): ContainerObservation["state"] {
  return { $case: "waiting", value: { reason, message } };
}

function terminated(ended: Ended): ContainerTerminated {
  return {
    exitCode: ended.exitCode,
    signal: ended.signal,
    reason: ended.reason,
    message: ended.message,
    since: new Date(ended.since),
    until: new Date(ended.until),
    containerId: ended.id,
  };
}
