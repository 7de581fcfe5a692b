/** A runtime's usage figures as the contract's. Pure. What is not known is absent. */
import type { ContainerStats, PodStats } from "@outboard/contract";
import type { DiskUsage } from "./disk-usage.js";
import type { Pod } from "./pod.js";
import { runningInstance } from "./record.js";
import type { RuntimeStats } from "./runtime.js";

/** Figures of one pod; containers that do not run are left out. `disk` is undefined where nobody asked for it. */
export function toPodStats(pod: Pod, figures: RuntimeStats, disk: DiskUsage | undefined, now: number): PodStats {
  const time = new Date(now);
  return {
    uid: pod.uid,
    startTime: new Date(pod.record.startTime),
    containers: figures.containers.flatMap((container) => {
      const instance = runningInstance(pod.record, container.name);
      if (instance === undefined) return [];
      const { rootfsUsedBytes: usedBytes } = container;
      const rootfs = disk === undefined || usedBytes === undefined ? undefined : { time, usedBytes };
      const stats = toContainerStats(container, instance.startedAt, time);
      return [{ ...stats, rootfs, logs: disk?.logs.get(container.name) }];
    }),
    ...podFigures(figures.pod, disk === undefined ? undefined : time),
    volumes: disk?.volumes ?? [],
    ephemeralStorage: disk?.total,
  };
}

/** The network's figures only with a time to them. */
function podFigures(pod: RuntimeStats["pod"], time: Date | undefined): Pick<PodStats, "network" | "processCount"> {
  const { interfaces, processCount } = pod ?? {};
  const isShown = interfaces !== undefined && time !== undefined;
  return { network: isShown ? { time, interfaces } : undefined, processCount };
}

type ContainerFigures = RuntimeStats["containers"][number];

function toContainerStats(figures: ContainerFigures, startedAt: number | undefined, time: Date): ContainerStats {
  const { cpuUsageNanos, memoryUsageBytes, memoryWorkingSetBytes, memoryRssBytes } = figures;
  const hasMemory = [memoryUsageBytes, memoryWorkingSetBytes, memoryRssBytes].some((value) => value !== undefined);
  const memory = {
    time,
    usageBytes: memoryUsageBytes,
    workingSetBytes: memoryWorkingSetBytes,
    rssBytes: memoryRssBytes,
  };
  return {
    name: figures.name,
    startTime: startedAt === undefined ? undefined : new Date(startedAt),
    cpu: cpuUsageNanos === undefined ? undefined : { time, usageCoreNanoSeconds: cpuUsageNanos },
    memory: hasMemory ? memory : undefined,
  };
}
