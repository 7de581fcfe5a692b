/** /metrics/resource: what autoscalers read. Names, help texts, labels and time stamps are the kubelet's. Pure. */
import type { ContainerUsage, CpuUsage, MemoryUsage } from "../../ports/stats.js";
import { eachOf } from "../each-of.js";
import type { Family, Sample } from "./exposition.js";
import type { Figures, PodFigures } from "./figures.js";

type Labels = Sample["labels"];

/** The families; `undefined`: figures could not be had. */
export function toResourceMetrics(figures: Figures | undefined): readonly Family[] {
  const families = figures === undefined ? [] : [...ofNode(figures), ...ofPods(figures.pods), ...ofContainers(figures)];
  const failed = { labels: {}, value: figures === undefined ? 1 : 0 };
  return [
    ...families,
    gauge("resource_scrape_error", "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise", [
      failed,
    ]),
  ];
}

function ofNode({ node }: Figures): readonly Family[] {
  return [
    counter(
      "node_cpu_usage_seconds_total",
      "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
      cpuSeconds(node.cpu, {}),
    ),
    gauge(
      "node_memory_working_set_bytes",
      "[STABLE] Current working set of the node in bytes",
      workingSet(node.memory, {}),
    ),
  ];
}

function ofPods(pods: readonly PodFigures[]): readonly Family[] {
  const subjects = pods.map((pod) => ({ pod, labels: labelsOf(pod) }));
  const each = (samples: (pod: PodFigures, labels: Labels) => readonly Sample[]): Iterable<Sample> =>
    eachOf(subjects, ({ pod, labels }) => samples(pod, labels));
  return [
    counter(
      "pod_cpu_usage_seconds_total",
      "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
      each(({ cpu }, labels) => cpuSeconds(cpu, labels)),
    ),
    gauge(
      "pod_memory_working_set_bytes",
      "[STABLE] Current working set of the pod in bytes",
      each(({ memory }, labels) => workingSet(memory, labels)),
    ),
  ];
}

function ofContainers({ pods }: Figures): readonly Family[] {
  const subjects = pods.flatMap((pod) =>
    pod.containers.map((container) => ({ container, labels: { ...labelsOf(pod), container: container.name } })),
  );
  const each = (samples: (container: ContainerUsage, labels: Labels) => readonly Sample[]): Iterable<Sample> =>
    eachOf(subjects, ({ container, labels }) => samples(container, labels));
  return [
    counter(
      "container_cpu_usage_seconds_total",
      "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
      each(({ cpu }, labels) => cpuSeconds(cpu, labels)),
    ),
    gauge(
      "container_memory_working_set_bytes",
      "[STABLE] Current working set of the container in bytes",
      each(({ memory }, labels) => workingSet(memory, labels)),
    ),
    gauge(
      "container_start_time_seconds",
      "[STABLE] Start time of the container since unix epoch in seconds",
      each(({ startTimeMs }, labels) => (startTimeMs === undefined ? [] : [{ labels, value: startTimeMs / 1000 }])),
    ),
    gauge(
      "container_swap_usage_bytes",
      "[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems",
      each(swapUsage),
    ),
  ];
}

function cpuSeconds(cpu: CpuUsage | undefined, labels: Labels): readonly Sample[] {
  if (cpu?.usageCoreNanoSeconds === undefined) return [];
  return [{ labels, value: Number(cpu.usageCoreNanoSeconds) / 1e9, timeMs: cpu.timeMs }];
}

function workingSet(memory: MemoryUsage | undefined, labels: Labels): readonly Sample[] {
  if (memory?.workingSetBytes === undefined) return [];
  return [{ labels, value: Number(memory.workingSetBytes), timeMs: memory.timeMs }];
}

function swapUsage({ swapUsageBytes, memory, cpu }: ContainerUsage, labels: Labels): readonly Sample[] {
  const timeMs = memory?.timeMs ?? cpu?.timeMs;
  if (swapUsageBytes === undefined || timeMs === undefined) return [];
  return [{ labels, value: Number(swapUsageBytes), timeMs }];
}

function labelsOf({ entry }: PodFigures): Labels {
  const { name, namespace } = entry.pod.metadata;
  return { pod: name, namespace };
}

function counter(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: Iterable<Sample>): Family {
  return { name, help, type: "gauge", samples };
}
