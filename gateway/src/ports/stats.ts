/** Usage figures as the provider tells them. Absent means not known, never zero. */

/** CPU. */
export interface CpuUsage {
  readonly timeMs: number;
  /** Rate, 1e-9 cores. */
  readonly usageNanoCores?: bigint;
  /** Counter since the start of the instance, core-nanoseconds. */
  readonly usageCoreNanoSeconds?: bigint;
}

/** Memory. */
export interface MemoryUsage {
  readonly timeMs: number;
  /** Limit minus working set; only with a limit. */
  readonly availableBytes?: bigint;
  readonly usageBytes?: bigint;
  readonly workingSetBytes?: bigint;
  readonly rssBytes?: bigint;
  readonly pageFaults?: bigint;
  readonly majorPageFaults?: bigint;
}

/** One network interface; counters since its start. */
export interface InterfaceUsage {
  readonly name: string;
  readonly rxBytes?: bigint;
  readonly rxErrors?: bigint;
  readonly txBytes?: bigint;
  readonly txErrors?: bigint;
}

/** Network. */
export interface NetworkUsage {
  readonly timeMs: number;
  /** The first is the default one. */
  readonly interfaces: readonly InterfaceUsage[];
}

/** A filesystem or a part of one. */
export interface FilesystemUsage {
  readonly timeMs: number;
  readonly availableBytes?: bigint;
  readonly capacityBytes?: bigint;
  readonly usedBytes?: bigint;
  readonly inodesFree?: bigint;
  readonly inodes?: bigint;
  readonly inodesUsed?: bigint;
}

/** A container that runs. */
export interface ContainerUsage {
  readonly name: string;
  readonly startTimeMs?: number;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  readonly rootfs?: FilesystemUsage;
  readonly logs?: FilesystemUsage;
  readonly swapUsageBytes?: bigint;
}

/** A volume of a pod. */
export interface VolumeUsage {
  readonly name: string;
  readonly filesystem: FilesystemUsage;
}

/** A pod that runs. */
export interface PodUsage {
  readonly uid: string;
  readonly startTimeMs?: number;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  readonly network?: NetworkUsage;
  readonly containers: readonly ContainerUsage[];
  readonly volumes: readonly VolumeUsage[];
  readonly ephemeralStorage?: FilesystemUsage;
  readonly processCount?: bigint;
}

/** The node. */
export interface NodeUsage {
  readonly startTimeMs?: number;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  readonly network?: NetworkUsage;
  readonly filesystem?: FilesystemUsage;
  readonly imageFilesystem?: FilesystemUsage;
}

/** One complete answer. */
export interface UsageSnapshot {
  /** Absent: the provider has no figures of the node. */
  readonly node?: NodeUsage;
  /** One per UID. */
  readonly pods: readonly PodUsage[];
}

/** What to read. */
export interface UsageQuery {
  /** Leave out filesystem, network and volumes. */
  readonly onlyCpuAndMemory: boolean;
}

/** Figures of the node and of each running pod. Rejects with a ProviderError; an answer that broke off counts for nothing. */
export interface ProviderStats {
  readStats(query: UsageQuery, signal: AbortSignal): Promise<UsageSnapshot>;
}
