/** What a provider knows of a pod, in our words. Times are RFC 3339 text with seconds, as in a pod's status. */

/** Where a pod is in its life; never goes back. */
export type Stage = "accepted" | "preparing" | "started" | "stopping" | "ended";
/** State of network and shared namespaces; unknown means: keep what was known. */
export type Sandbox = "unknown" | "none" | "creating" | "ready" | "gone";
/** Why a pod ends, when it was not its own doing. */
export type Cause =
  | "user"
  | "backend-reclaimed"
  | "backend-lost"
  | "out-of-memory"
  | "deadline"
  | "preempted"
  | "start-rejected"
  | "evicted"
  | "orphan";

/** Requests and limits by resource name, as Kubernetes quantities. */
export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** One instance that ended. */
export interface Terminated {
  /** Absent: not known; shown as 137 ContainerStatusUnknown. */
  readonly exitCode?: number;
  readonly signal?: number;
  /** Empty: Completed for 0, Error for others. */
  readonly reason: string;
  readonly message: string;
  readonly since?: string;
  readonly until?: string;
  /** Without scheme. */
  readonly containerId: string;
}

/** State of a container's current instance. */
export type ContainerState =
  | { readonly kind: "unknown" }
  | { readonly kind: "waiting"; readonly reason: string; readonly message: string }
  | { readonly kind: "running"; readonly since: string }
  | ({ readonly kind: "terminated" } & Terminated);

/** Everything known of one container. */
export interface ContainerObservation {
  readonly name: string;
  readonly kind: "init" | "sidecar" | "main" | "ephemeral";
  readonly state: ContainerState;
  readonly willRestart: boolean;
  readonly lastTermination?: Terminated;
  readonly restartCount: number;
  /** Without scheme; empty: none yet. */
  readonly containerId: string;
  readonly image: string;
  readonly imageId: string;
  /** Absent: running and no startup probe. */
  readonly started?: boolean;
  /** Absent: running and no readiness probe. */
  readonly ready?: boolean;
  readonly user?: { readonly uid: number; readonly gid: number; readonly supplementalGroups: readonly number[] };
  readonly mounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly: boolean;
    readonly recursiveReadOnly: string;
  }[];
  readonly resources?: Resources;
}

/** Everything known of one pod. */
export interface PodObservation {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly epoch: string;
  readonly revision: bigint;
  readonly specRevision: bigint;
  /** Hexadecimal SHA-256; empty: not known (needsInputs). */
  readonly specDigest: string;
  readonly inputVersion: bigint;
  readonly backendId: string;
  readonly stage: Stage;
  readonly sandbox: Sandbox;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  readonly observedAt: string;
  readonly needsInputs: boolean;
  readonly cause?: Cause;
  readonly failure?: { readonly reason: string; readonly message: string };
  readonly resources?: Resources;
  readonly resize?: { readonly kind: "in-progress" } | { readonly kind: "error"; readonly message: string };
  readonly containers: readonly ContainerObservation[];
}

/** Something that only the runtime side knows. */
export interface ProviderEvent {
  readonly uid: string;
  readonly seq: bigint;
  readonly time: string;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  /** Empty: the pod. */
  readonly container: string;
  readonly message: string;
  readonly count: number;
}
