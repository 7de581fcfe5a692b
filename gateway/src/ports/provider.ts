/** The provider as the core sees it. */
import type { PodInputs } from "../domain/inputs.js";
import type { PodObservation, ProviderEvent, Terminated } from "../domain/observation.js";

/** Level at which a feature is declared. */
export interface FeatureSupport {
  readonly id: string;
  readonly level: "honoured" | "limited" | "ignored";
  readonly text: string;
  readonly bounds: readonly {
    readonly path: string;
    readonly min?: number;
    readonly max?: number;
    readonly allowed: readonly string[];
  }[];
}

/** Limits that the core obeys, defaults filled in. undefined: none. */
export interface ProviderLimits {
  readonly maxMessageBytes: number;
  readonly maxParallelCreates: number;
  readonly maxGraceSeconds?: number;
  readonly maxContainers?: number;
  readonly maxEnvBytes?: number;
  readonly maxStreams: number;
  readonly staticTokenTtlSeconds?: number;
}

/** What the handshake said. Constant for one session. */
export interface ProviderInfo {
  readonly name: string;
  readonly version: string;
  readonly instanceId: string;
  readonly revision: number;
  /** Capability ids. */
  readonly capabilities: ReadonlySet<string>;
  readonly features: ReadonlyMap<string, FeatureSupport>;
  readonly limits: ProviderLimits;
}

/** Facts for the Node object, maps as records. */
export interface NodeFacts {
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: "True" | "False" | "Unknown";
    readonly reason: string;
    readonly message: string;
  }[];
  readonly addresses: readonly { readonly type: string; readonly address: string }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeHandlers: readonly {
    readonly name: string;
    readonly recursiveReadOnlyMounts?: boolean;
    readonly userNamespaces?: boolean;
  }[];
  readonly supplementalGroupsPolicy?: boolean;
  readonly images: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[];
  readonly kernelVersion: string;
  readonly osImage: string;
}

/** State of the provider as a whole. */
export interface ProviderNode {
  readonly state: "starting" | "ready" | "degraded" | "broken";
  readonly reason: string;
  readonly message: string;
  readonly inventoryComplete: boolean;
  readonly facts?: NodeFacts;
  readonly validForMs: number;
  readonly info: Readonly<Record<string, string>>;
}

/** A pod as it is given to the provider. */
export interface PodOrder {
  readonly uid: string;
  readonly specRevision: bigint;
  /** Hexadecimal SHA-256 over manifest. */
  readonly specDigest: string;
  /** JSON, exactly as sent. */
  readonly manifest: Uint8Array;
  readonly inputs: PodInputs;
  readonly inputVersion: bigint;
  /** RFC 3339. */
  readonly deadline?: string;
}

/** A pod to create. */
export interface CreateOrder extends PodOrder {
  readonly startTime: string;
  readonly prior: readonly {
    readonly name: string;
    readonly restartCount: number;
    readonly lastTermination?: Terminated;
  }[];
}

/** A pod to change. Kinds as the contract's: image, metadata, resources, ephemeral_containers, tolerations, grace, deadline. */
export interface UpdateOrder extends PodOrder {
  readonly changes: readonly string[];
}

export type StopReason = "user" | "deadline" | "evicted" | "preempted" | "orphan";

/** Control calls. Each rejects with a ProviderError. */
export interface ProviderControl {
  createPod(order: CreateOrder, signal: AbortSignal): Promise<void>;
  stopPod(uid: string, graceSeconds: number, reason: StopReason, signal: AbortSignal): Promise<void>;
  releasePod(uid: string, signal: AbortSignal): Promise<void>;
  getPod(uid: string, signal: AbortSignal): Promise<PodObservation>;
  updateInputs(uid: string, inputs: PodInputs, inputVersion: bigint, signal: AbortSignal): Promise<void>;
  updatePod(order: UpdateOrder, signal: AbortSignal): Promise<void>;
}

/** What a session tells, in order. */
export type ProviderEventMessage =
  /** A handshake succeeded; `info` holds until the next one. */
  | { readonly kind: "session"; readonly info: ProviderInfo }
  | { readonly kind: "node"; readonly node: ProviderNode }
  /** A snapshot ended. UIDs in it, and when its WatchPods call was opened (clock milliseconds). */
  | {
      readonly kind: "snapshot";
      readonly uids: ReadonlySet<string>;
      readonly complete: boolean;
      readonly openedAt: number;
      readonly epochChanged: boolean;
    }
  | { readonly kind: "observation"; readonly observation: PodObservation }
  | { readonly kind: "event"; readonly event: ProviderEvent }
  | { readonly kind: "forgotten"; readonly uid: string }
  /** The provider cannot be reached or does not answer. */
  | { readonly kind: "lost"; readonly reason: string; readonly message: string }
  /** The session ended for good: this gateway must stop. */
  | { readonly kind: "ended"; readonly reason: string; readonly message: string };

/** Where to read a log from; as LogsRequest. */
export interface LogQuery {
  readonly uid: string;
  readonly container: string;
  readonly follow: boolean;
  readonly previous: boolean;
  /** Milliseconds since 1970. */
  readonly sinceMs?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

/** One piece of a log. */
export interface LogChunk {
  /** Nanoseconds since 1970; undefined without logs.time. */
  readonly timeUnixNano?: bigint;
  readonly stream: "stdout" | "stderr" | "merged";
  readonly data: Uint8Array;
  readonly partial: boolean;
}

/** Read-only interactions. Rejects with a ProviderError. */
export interface ProviderLogs {
  /** Pieces of the log; the request is accepted once the promise resolves. */
  openLogs(query: LogQuery, signal: AbortSignal): Promise<AsyncIterable<LogChunk>>;
}

/** A call that the provider did not answer with OK. `reason` is from the contract's closed list; undefined: outcome unknown. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** JSON paths below the pod, or fields. */
  readonly paths: readonly string[];

  constructor(
    message: string,
    options: {
      readonly reason?: string | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly paths?: readonly string[];
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
    this.paths = options.paths ?? [];
  }
}
