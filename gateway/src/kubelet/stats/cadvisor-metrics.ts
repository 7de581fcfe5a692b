/** /metrics/cadvisor: of cAdvisor's series those that a provider can know. Names, help texts and labels are cAdvisor's. Pure. */
import type { FilesystemUsage, InterfaceUsage, MemoryUsage } from "../../ports/stats.js";
import { eachOf } from "../each-of.js";
import { type Subject, toSubjects } from "./cadvisor-subjects.js";
import type { Family, Sample } from "./exposition.js";
import type { Figures } from "./figures.js";

type ToSamples = (subject: Subject) => readonly Sample[];

/** The families; `undefined`: figures could not be had. `nowMs`: when the subjects were seen. */
export function toCadvisorMetrics(figures: Figures | undefined, nowMs: number): readonly Family[] {
  const subjects = figures === undefined ? [] : toSubjects(figures);
  const metrics = [...times(nowMs), ...cpu, ...memory, ...filesystem, ...network, ...processes];
  const failed: Family = {
    name: "container_scrape_error",
    help: "1 if there was an error while getting container metrics, 0 otherwise",
    type: "gauge",
    samples: [{ labels: {}, value: figures === undefined ? 1 : 0 }],
  };
  return [failed, ...metrics.map((metric) => ({ ...metric, samples: eachOf(subjects, metric.samples) }))];
}

interface Metric extends Omit<Family, "samples"> {
  readonly samples: ToSamples;
}

function times(nowMs: number): readonly Metric[] {
  return [
    gauge("container_last_seen", "Last time a container was seen by the exporter", ({ labels }) => [
      { labels, value: Math.trunc(nowMs / 1000), timeMs: nowMs },
    ]),
    gauge(
      "container_start_time_seconds",
      "Start time of the container since unix epoch in seconds.",
      ({ labels, startTimeMs }) =>
        startTimeMs === undefined ? [] : [{ labels, value: Math.trunc(startTimeMs / 1000) }],
    ),
  ];
}

const cpu: readonly Metric[] = [
  counter("container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.", ({ labels, cpu: usage }) =>
    usage?.usageCoreNanoSeconds === undefined
      ? []
      : [
          {
            labels: { ...labels, cpu: "total" },
            value: Number(usage.usageCoreNanoSeconds) / 1e9,
            timeMs: usage.timeMs,
          },
        ],
  ),
];

const memory: readonly Metric[] = [
  gauge(
    "container_memory_usage_bytes",
    "Current memory usage in bytes, including all memory regardless of when it was accessed",
    ofMemory("usageBytes"),
  ),
  gauge("container_memory_working_set_bytes", "Current working set in bytes.", ofMemory("workingSetBytes")),
  gauge("container_memory_rss", "Size of RSS in bytes.", ofMemory("rssBytes")),
  counter("container_memory_failures_total", "Cumulative count of memory allocation failures.", (subject) => [
    ...ofMemory("pageFaults", { failure_type: "pgfault", scope: "container" })(subject),
    ...ofMemory("majorPageFaults", { failure_type: "pgmajfault", scope: "container" })(subject),
  ]),
  gauge("container_memory_swap", "Container swap usage in bytes.", ({ labels, swapUsageBytes, memory: usage }) =>
    swapUsageBytes === undefined || usage === undefined
      ? []
      : [{ labels, value: Number(swapUsageBytes), timeMs: usage.timeMs }],
  ),
];

const filesystem: readonly Metric[] = [
  gauge(
    "container_fs_usage_bytes",
    "Number of bytes that are consumed by the container on this filesystem.",
    ofFilesystem("usedBytes"),
  ),
  gauge(
    "container_fs_limit_bytes",
    "Number of bytes that can be consumed by the container on this filesystem.",
    ofFilesystem("capacityBytes"),
  ),
  gauge("container_fs_inodes_free", "Number of available Inodes", ofFilesystem("inodesFree")),
  gauge("container_fs_inodes_total", "Number of Inodes", ofFilesystem("inodes")),
];

const network: readonly Metric[] = [
  counter("container_network_receive_bytes_total", "Cumulative count of bytes received", ofInterfaces("rxBytes")),
  counter(
    "container_network_receive_errors_total",
    "Cumulative count of errors encountered while receiving",
    ofInterfaces("rxErrors"),
  ),
  counter("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", ofInterfaces("txBytes")),
  counter(
    "container_network_transmit_errors_total",
    "Cumulative count of errors encountered while transmitting",
    ofInterfaces("txErrors"),
  ),
];

const processes: readonly Metric[] = [
  gauge(
    "container_processes",
    "Number of processes running inside the container.",
    ({ labels, processCount, ...of }) =>
      processCount === undefined
        ? []
        : [{ labels, value: Number(processCount), ...timeOf(of.cpu?.timeMs ?? of.memory?.timeMs) }],
  ),
];

function ofMemory(field: keyof MemoryUsage, more: Sample["labels"] = {}): ToSamples {
  return ({ labels, memory: usage }) => {
    const value = usage?.[field];
    return usage === undefined || value === undefined
      ? []
      : [{ labels: { ...labels, ...more }, value: Number(value), timeMs: usage.timeMs }];
  };
}

/** Which device it is nobody knows; the label is there so that queries by device still match. */
function ofFilesystem(field: keyof FilesystemUsage): ToSamples {
  return ({ labels, filesystem: usage }) => {
    const value = usage?.[field];
    return usage === undefined || value === undefined
      ? []
      : [{ labels: { ...labels, device: "" }, value: Number(value), timeMs: usage.timeMs }];
  };
}

function ofInterfaces(field: Exclude<keyof InterfaceUsage, "name">): ToSamples {
  return ({ labels, network: usage }) =>
    (usage?.interfaces ?? []).flatMap((each) => {
      const value = each[field];
      return value === undefined
        ? []
        : [{ labels: { ...labels, interface: each.name }, value: Number(value), ...timeOf(usage?.timeMs) }];
    });
}

function timeOf(timeMs: number | undefined): Pick<Sample, "timeMs"> {
  return timeMs === undefined ? {} : { timeMs };
}

function counter(name: string, help: string, samples: ToSamples): Metric {
  return { name, help, type: "counter", samples };
}

function gauge(name: string, help: string, samples: ToSamples): Metric {
  return { name, help, type: "gauge", samples };
}
