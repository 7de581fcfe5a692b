/** The whole state of a simulated pod: plain values, so that it can be kept in a file. Times are milliseconds since 1970. */
import type { BackOff, ContainerKindName, RestartRule } from "@outboard/provider-sdk";
import type { ContainerScript, PodScript } from "./script.js";

/** One instance that ended. */
export interface Ended {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message: string;
  readonly since: number;
  readonly until: number;
  readonly id: string;
  readonly instance: number;
}

/** What a container does now. */
export type ContainerNow =
  /** Nothing yet: its turn has not come. */
  | { readonly kind: "idle" }
  | { readonly kind: "pulling"; readonly until: number }
  /** A start failed; the next one comes at `retryAt`. */
  | { readonly kind: "failing"; readonly reason: string; readonly message: string; readonly retryAt: number }
  /** Its inputs have an error; better ones make it idle again. */
  | { readonly kind: "unfit"; readonly reason: string; readonly message: string }
  | { readonly kind: "running"; readonly since: number; readonly endsAt?: number; readonly end: PlannedEnd }
  | { readonly kind: "ended"; readonly ended: Ended; readonly restartAt?: number; readonly backOffMs?: number }
  /** In back-off, and said so. */
  | { readonly kind: "back-off"; readonly ended: Ended; readonly restartAt: number; readonly backOffMs: number };

/** How the running instance will end, if it is not told otherwise. */
export interface PlannedEnd {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason: string;
  readonly message: string;
  /** The provider itself causes it and starts the next instance at once. */
  readonly replace?: boolean;
}

/** A resource's name and quantity. */
export type Quantity = readonly [name: string, quantity: string];

/** One container. */
export interface SimContainer {
  readonly name: string;
  readonly kind: ContainerKindName;
  readonly image: string;
  readonly mounts: readonly { readonly volume: string; readonly mountPath: string }[];
  readonly ports: readonly number[];
  /** In effect, as pairs of name and quantity. */
  readonly resources?: { readonly requests: readonly Quantity[]; readonly limits: readonly Quantity[] };
  readonly restartPolicy?: string;
  readonly restartPolicyRules?: readonly RestartRule[];
  readonly script: ContainerScript;
  readonly now: ContainerNow;
  /** Starts so far, since this pod was created here. */
  readonly starts: number;
  readonly failedStarts: number;
  /** Restarts that a lost pod had before. */
  readonly priorRestarts: number;
  /** Id of the latest instance. */
  readonly id: string;
  /** It was told to end. */
  readonly told?: boolean;
  readonly last?: Ended;
  readonly backOff?: BackOff;
}

/** Why a pod is being ended, in the words of TerminationCause. */
export type Cause = "USER" | "BACKEND_RECLAIMED" | "BACKEND_LOST" | "DEADLINE" | "PREEMPTED" | "EVICTED" | "ORPHAN";

/** One pod. */
export interface SimPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly specRevision: string;
  /** Hexadecimal. */
  readonly specDigest: string;
  readonly inputVersion: string;
  readonly restartPolicy: string;
  readonly graceMs: number;
  readonly script: PodScript;
  readonly stage: "accepted" | "preparing" | "started" | "stopping" | "ended";
  readonly sandbox: "none" | "creating" | "ready" | "gone";
  /** When the sandbox gets ready. Undefined: never. */
  readonly readyAt?: number;
  /** Until then the backend has no room. */
  readonly roomAt?: number;
  readonly ip: string;
  readonly createdAt: number;
  /** Time of the last change: what can follow at once follows then. */
  readonly at: number;
  readonly deadline?: number;
  readonly stop?: { readonly at: number; readonly endAt: number; readonly cause: Cause };
  /** Set once the main containers are through: until then sidecars have time to end. */
  readonly windEndAt?: number;
  readonly failure?: { readonly reason: string; readonly message: string };
  readonly needsInputs: boolean;
  readonly containers: readonly SimContainer[];
}
