/**
 * What the engine knows about a pod and must not lose: the durable record, and the pure steps that change it. What is not
 * here (inputs, waiting reasons, probe results) may be lost with the process.
 */
import type {
  ContainerTerminated,
  ContainerUser,
  Resources,
  TerminationCause,
  VolumeMountStatus,
} from "@outboard/contract";
import type { BackOff } from "./back-off.js";
import type { ContainerKindName } from "./manifest.js";

/** How an instance ended. */
export interface Ending {
  /** Absent: not known. */
  readonly exitCode?: number | undefined;
  readonly signal?: number | undefined;
  readonly reason: string;
  readonly message: string;
  readonly finishedAt: number;
}

/** One instance that started, or at least was made. */
export interface Instance {
  readonly attempt: number;
  /** The pod's round in which it was made. */
  readonly round: number;
  readonly id: string;
  /** As in the Manifest, to see that it changed. */
  readonly specImage: string;
  readonly image: string;
  readonly imageId: string;
  /** Absent: it never ran. */
  readonly startedAt?: number | undefined;
  readonly user?: ContainerUser | undefined;
  readonly mounts?: readonly VolumeMountStatus[] | undefined;
  /** As the runtime reports them. */
  readonly resources?: Resources | undefined;
  /** As the gateway allocated them. */
  readonly asked?: Resources | undefined;
  /** The engine ends or ended it, in a pod that goes on. */
  readonly killedBy?: "liveness" | "startup" | "change" | undefined;
  /** Absent: it runs. */
  readonly ending?: Ending | undefined;
  /** postStart is done, or there is none. */
  readonly hooked?: boolean | undefined;
  /** Its log and what the runtime had of it are gone. */
  readonly isForgotten?: boolean | undefined;
  /** Removed in a restart of all containers: nothing is told of it but that. */
  readonly isErased?: boolean | undefined;
  /** What the startup and readiness probes said last. */
  readonly health?: { readonly started?: boolean; readonly ready?: boolean } | undefined;
}

/** A container. */
export interface ContainerRecord {
  readonly kind: ContainerKindName;
  readonly current?: Instance | undefined;
  readonly previous?: Instance | undefined;
  readonly backOff?: BackOff | undefined;
  /** The attempt that the back-off let through last: begun again after a crash, it need not wait again. */
  readonly letThrough?: number | undefined;
  /** From CreatePod.prior: what to count on from. */
  readonly priorRestarts?: number | undefined;
  readonly priorTermination?: ContainerTerminated | undefined;
}

/** The order to end the pod. */
export interface StopOrder {
  readonly cause: TerminationCause;
  /** Containers are killed then. */
  readonly endAt: number;
}

/** The sandbox. */
export interface SandboxRecord {
  readonly state: "none" | "ready" | "gone";
  readonly id: string;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
}

/** A pod. */
export interface PodRecord {
  readonly version: 1;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly specRevision: bigint;
  readonly specDigest: Uint8Array;
  readonly inputVersion: bigint;
  readonly startTime: number;
  readonly deadline?: number | undefined;
  readonly sandbox: SandboxRecord;
  /** Rises with each new sandbox and each restart of all containers: earlier instances then count as not there. */
  readonly round: number;
  /** The round began because the sandbox was lost: what is done stays done. */
  readonly sandboxLost?: boolean | undefined;
  readonly stop?: StopOrder | undefined;
  readonly failure?: { readonly reason: string; readonly message: string } | undefined;
  /** Nothing will run again: decided once, also where the sandbox is gone already. */
  readonly finishing?: boolean | undefined;
  readonly ended: boolean;
  readonly containers: ReadonlyMap<string, ContainerRecord>;
}

/** Sandbox before there is one. */
export const NO_SANDBOX: SandboxRecord = { state: "none", id: "", podIPs: [], hostIPs: [] };

/** A container of the record; an empty one if it is not known. */
export function containerRecord(pod: PodRecord, name: string, kind: ContainerKindName = "main"): ContainerRecord {
  return pod.containers.get(name) ?? { kind };
}

/** Replaces one container. */
export function withContainer(pod: PodRecord, name: string, container: ContainerRecord): PodRecord {
  return { ...pod, containers: new Map(pod.containers).set(name, container) };
}

/** The attempt that the next instance gets; also its restart count. */
export function nextAttempt(container: ContainerRecord): number {
  return container.current === undefined ? (container.priorRestarts ?? 0) : container.current.attempt + 1;
}

/** Adds an instance: the current one becomes the previous one. */
export function withInstance(pod: PodRecord, name: string, kind: ContainerKindName, instance: Instance): PodRecord {
  const before = containerRecord(pod, name, kind);
  return withContainer(pod, name, { ...before, kind, previous: before.current ?? before.previous, current: instance });
}

/** Replaces fields of the current instance if it has this attempt. */
export function withInstanceFields(
  pod: PodRecord,
  name: string,
  attempt: number,
  fields: Partial<Instance>,
): PodRecord {
  const container = pod.containers.get(name);
  if (container?.current === undefined || container.current.attempt !== attempt) return pod;
  return withContainer(pod, name, { ...container, current: { ...container.current, ...fields } });
}

/** Notes the end of an instance. A known end stays; an unknown one takes the exit code that comes late. */
export function withEnding(pod: PodRecord, name: string, attempt: number, ending: Ending): PodRecord {
  const current = pod.containers.get(name)?.current;
  if (current === undefined || current.attempt !== attempt) return pod;
  const isKnown =
    current.ending !== undefined && (current.ending.exitCode !== undefined || ending.exitCode === undefined);
  return isKnown ? pod : withInstanceFields(pod, name, attempt, { ending });
}

/** The current instance if it runs. */
export function runningInstance(pod: PodRecord, name: string): Instance | undefined {
  const current = pod.containers.get(name)?.current;
  return current?.ending === undefined ? current : undefined;
}

/** The current instance if it belongs to the pod's round. */
export function instanceOfRound(pod: PodRecord, name: string): Instance | undefined {
  const current = pod.containers.get(name)?.current;
  return current?.round === pod.round ? current : undefined;
}

/** True once any container was made. */
export function hasInstance(pod: PodRecord): boolean {
  return [...pod.containers.values()].some(({ current }) => current !== undefined);
}

/** The exit code as users see it: 137 where it is not known. */
export function shownExitCode(ending: Ending): number {
  return ending.exitCode ?? 137;
}
