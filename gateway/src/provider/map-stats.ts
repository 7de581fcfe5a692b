/** Usage figures: generated messages in, domain values out. A figure without its time is left out. */
import type {
  ContainerStats,
  CpuStats,
  FilesystemStats,
  GetStatsResponse,
  MemoryStats,
  NetworkStats,
  NodeStats,
  PodStats,
} from "@outboard/contract";
import { defined } from "../domain/defined.js";
import type {
  ContainerUsage,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  NetworkUsage,
  NodeUsage,
  PodUsage,
  UsageSnapshot,
} from "../ports/stats.js";

/** Puts the messages of one answer together. Of two messages for one pod the later counts; unknown messages are ignored. */
export function fromStats(messages: readonly GetStatsResponse[]): UsageSnapshot {
  let node: NodeUsage | undefined;
  const pods = new Map<string, PodUsage>();
  for (const { stats } of messages) {
    if (stats?.$case === "node") node = fromNodeStats(stats.value);
    if (stats?.$case === "pod") pods.set(stats.value.uid, fromPodStats(stats.value));
  }
  return { ...defined({ node }), pods: [...pods.values()] };
}

function fromNodeStats(wire: NodeStats): NodeUsage {
  return defined({
    startTimeMs: wire.startTime?.getTime(),
    cpu: fromCpu(wire.cpu),
    memory: fromMemory(wire.memory),
    network: fromNetwork(wire.network),
    filesystem: fromFilesystem(wire.filesystem),
    imageFilesystem: fromFilesystem(wire.imageFilesystem),
  });
}

function fromPodStats(wire: PodStats): PodUsage {
  const volumes = wire.volumes.flatMap(({ name, filesystem }) => {
    const figures = fromFilesystem(filesystem);
    return figures === undefined ? [] : [{ name, filesystem: figures }];
  });
  return {
    uid: wire.uid,
    containers: uniqueByName(wire.containers).map(fromContainer),
    volumes: uniqueByName(volumes),
    ...defined({
      startTimeMs: wire.startTime?.getTime(),
      cpu: fromCpu(wire.cpu),
      memory: fromMemory(wire.memory),
      network: fromNetwork(wire.network),
      ephemeralStorage: fromFilesystem(wire.ephemeralStorage),
      processCount: wire.processCount,
    }),
  };
}

function fromContainer(wire: ContainerStats): ContainerUsage {
  return {
    name: wire.name,
    ...defined({
      startTimeMs: wire.startTime?.getTime(),
      cpu: fromCpu(wire.cpu),
      memory: fromMemory(wire.memory),
      rootfs: fromFilesystem(wire.rootfs),
      logs: fromFilesystem(wire.logs),
      swapUsageBytes: wire.swapUsageBytes,
    }),
  };
}

function fromCpu(wire: CpuStats | undefined): CpuUsage | undefined {
  if (wire?.time === undefined) return undefined;
  const { time, usageNanoCores, usageCoreNanoSeconds } = wire;
  return { timeMs: time.getTime(), ...defined({ usageNanoCores, usageCoreNanoSeconds }) };
}

function fromMemory(wire: MemoryStats | undefined): MemoryUsage | undefined {
  if (wire?.time === undefined) return undefined;
  const { time, ...figures } = wire;
  return { timeMs: time.getTime(), ...defined(figures) };
}

function fromNetwork(wire: NetworkStats | undefined): NetworkUsage | undefined {
  if (wire?.time === undefined) return undefined;
  const interfaces = uniqueByName(wire.interfaces).map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    name,
    ...defined({ rxBytes, rxErrors, txBytes, txErrors }),
  }));
  return { timeMs: wire.time.getTime(), interfaces };
}

function fromFilesystem(wire: FilesystemStats | undefined): FilesystemUsage | undefined {
  if (wire?.time === undefined) return undefined;
  const { time, ...figures } = wire;
  return { timeMs: time.getTime(), ...defined(figures) };
}

/** Two figures under one name would make two series of one. */
function uniqueByName<Named extends { readonly name: string }>(all: readonly Named[]): readonly Named[] {
  return [...new Map(all.map((each) => [each.name, each])).values()];
}
