/** A runtime's usage figures as the contract's. Pure. What is not known is absent. */
import type { ContainerStats, PodStats } from "@outboard/contract";
import type { Pod } from "./pod.js";
import { runningInstance } from "./record.js";
import type { RuntimeStats } from "./runtime.js";

/** Figures of one pod; containers that do not run are left out. */
export function toPodStats(pod: Pod, figures: RuntimeStats, now: number): PodStats {
  const time = new Date(now);
  return {
    uid: pod.uid,
    startTime: new Date(pod.record.startTime),
    containers: figures.containers.flatMap((container) => {
      const instance = runningInstance(pod.record, container.name);
      return instance === undefined ? [] : [toContainerStats(container, instance.startedAt, time)];
    }),
    volumes: [],
  };
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
