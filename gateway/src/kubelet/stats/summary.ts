/** Figures as the kubelet's Summary API writes them. Pure. What is not known is absent; a start that is not known is null. */
import { defined } from "../../domain/defined.js";
import { kubeTime } from "../../domain/kube-time.js";
import type { Pod } from "../../domain/kubernetes.js";
import type {
  ContainerUsage,
  CpuUsage,
  FilesystemUsage,
  InterfaceUsage,
  MemoryUsage,
  NetworkUsage,
  UsageQuery,
  VolumeUsage,
} from "../../ports/stats.js";
import { eachOf } from "../each-of.js";
import { claimOf } from "./claims.js";
import type { Figures, PodFigures } from "./figures.js";

/** A JSON value of the Summary API, field by field as Kubernetes names them. */
export type Summary = Readonly<Record<string, unknown>>;

/** The whole summary; its pods may be made as they are read, once. */
export interface SummaryParts {
  readonly node: Summary;
  readonly pods: Iterable<Summary>;
}

/** The summary of the node and its pods. */
export function toSummary(nodeName: string, { node, sum, pods }: Figures, query: UsageQuery): SummaryParts {
  return {
    node: {
      nodeName,
      ...defined({ systemContainers: toSystemContainers(sum) }),
      startTime: startTime(node.startTimeMs),
      ...cpuAndMemory(node),
      ...(query.onlyCpuAndMemory
        ? {}
        : defined({
            network: node.network && toNetwork(node.network),
            fs: node.filesystem && toFilesystem(node.filesystem),
            runtime: node.imageFilesystem && { imageFs: toFilesystem(node.imageFilesystem) },
          })),
    },
    pods: eachOf(pods, (pod) => [toPod(pod, query)]),
  };
}

/** The kubelet shows the sum of all pods as a container of the system. */
function toSystemContainers(sum: Figures["sum"]): readonly Summary[] | undefined {
  if (sum.cpu === undefined && sum.memory === undefined) return undefined;
  return [{ name: "pods", startTime: null, ...cpuAndMemory(sum) }];
}

function toPod(pod: PodFigures, query: UsageQuery): Summary {
  const { name, namespace, uid } = pod.entry.pod.metadata;
  return {
    podRef: { name, namespace, uid },
    startTime: startTime(pod.startTimeMs),
    containers: pod.containers.map((container) => toContainer(container, query)),
    ...cpuAndMemory(pod),
    ...(query.onlyCpuAndMemory
      ? {}
      : defined({
          network: pod.network && toNetwork(pod.network),
          volume: pod.volumes.length === 0 ? undefined : pod.volumes.map((volume) => toVolume(volume, pod.entry.pod)),
          "ephemeral-storage": pod.ephemeralStorage && toFilesystem(pod.ephemeralStorage),
          process_stats: pod.processCount === undefined ? undefined : { process_count: Number(pod.processCount) },
        })),
  };
}

function toContainer(container: ContainerUsage, { onlyCpuAndMemory }: UsageQuery): Summary {
  const { name, rootfs, logs, swapUsageBytes } = container;
  const timeMs = container.memory?.timeMs ?? container.cpu?.timeMs;
  const swap =
    swapUsageBytes === undefined || timeMs === undefined
      ? undefined
      : { time: kubeTime(timeMs), swapUsageBytes: Number(swapUsageBytes) };
  return {
    name,
    startTime: startTime(container.startTimeMs),
    ...cpuAndMemory(container),
    ...(onlyCpuAndMemory ? {} : defined({ rootfs: rootfs && toFilesystem(rootfs), logs: logs && toFilesystem(logs) })),
    ...defined({ swap }),
  };
}

function cpuAndMemory({ cpu, memory }: { readonly cpu?: CpuUsage; readonly memory?: MemoryUsage }): Summary {
  return defined({ cpu: cpu && withTime(cpu), memory: memory && withTime(memory) });
}

function toNetwork({ timeMs, interfaces }: NetworkUsage): Summary {
  const [first] = interfaces;
  return {
    time: kubeTime(timeMs),
    ...(first === undefined ? { name: "" } : toInterface(first)),
    interfaces: interfaces.map(toInterface),
  };
}

function toInterface({ name, ...counters }: InterfaceUsage): Summary {
  return { name, ...toNumbers(counters) };
}

function toFilesystem(usage: FilesystemUsage): Summary {
  return withTime(usage);
}

function toVolume({ name, filesystem }: VolumeUsage, pod: Pod): Summary {
  return { ...toFilesystem(filesystem), name, ...defined({ pvcRef: claimOf(name, pod) }) };
}

function withTime({ timeMs, ...figures }: CpuUsage | MemoryUsage | FilesystemUsage): Summary {
  return { time: kubeTime(timeMs), ...toNumbers(figures) };
}

/** Counts above 2^53 lose their last digits, which is what JSON clients do anyway. */
function toNumbers(figures: Readonly<Record<string, bigint | undefined>>): Summary {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) => (value === undefined ? [] : [[name, Number(value)]])),
  );
}

function startTime(ms: number | undefined): string | null {
  return ms === undefined ? null : kubeTime(ms);
}
