/** What a provider says of itself: features, limits, and the node it stands for. */
import type { DNSConfig } from "./inputs.js";

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
  /** The host's resolv.conf. */
  readonly dns?: DNSConfig;
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
