/** What monitoring looks for in a kubelet's own /metrics: its node, how much runs, how full claims are. Pure. */
import type { PodEntry } from "../../ports/kubelet.js";
import type { FilesystemUsage } from "../../ports/stats.js";
import { claimOf } from "./claims.js";
import type { Family, Sample } from "./exposition.js";
import type { Figures, PodFigures } from "./figures.js";

/** True when figures of volumes would show something. */
export function hasClaims(entries: readonly PodEntry[]): boolean {
  return entries.some(({ pod }) => pod.spec.volumes?.some(({ name }) => claimOf(name, pod) !== undefined) ?? false);
}

/** The families; without figures those of volumes are missing. */
export function toKubeletMetrics(
  nodeName: string,
  entries: readonly PodEntry[],
  figures: Figures | undefined,
): readonly Family[] {
  const states = entries.flatMap(statesOf);
  const count = (wanted: "running" | "exited"): Sample => ({
    labels: { container_state: wanted },
    value: states.filter((state) => state === wanted).length,
  });
  const running = entries.filter((entry) => statesOf(entry).includes("running")).length;
  return [
    gauge("kubelet_node_name", "The node's name. The count is always 1.", [{ labels: { node: nodeName }, value: 1 }]),
    gauge("kubelet_running_pods", "Number of pods that have a running pod sandbox", [{ labels: {}, value: running }]),
    gauge("kubelet_running_containers", "Number of containers currently running", [count("running"), count("exited")]),
    ...VOLUME_METRICS.map(({ name, help, field }) => gauge(name, help, samplesOf(figures?.pods ?? [], field))),
  ];
}

interface VolumeMetric {
  readonly name: string;
  readonly help: string;
  readonly field: keyof FilesystemUsage;
}

const VOLUME_METRICS: readonly VolumeMetric[] = [
  { name: "kubelet_volume_stats_capacity_bytes", help: "Capacity in bytes of the volume", field: "capacityBytes" },
  {
    name: "kubelet_volume_stats_available_bytes",
    help: "Number of available bytes in the volume",
    field: "availableBytes",
  },
  { name: "kubelet_volume_stats_used_bytes", help: "Number of used bytes in the volume", field: "usedBytes" },
  { name: "kubelet_volume_stats_inodes", help: "Maximum number of inodes in the volume", field: "inodes" },
  { name: "kubelet_volume_stats_inodes_free", help: "Number of free inodes in the volume", field: "inodesFree" },
  { name: "kubelet_volume_stats_inodes_used", help: "Number of used inodes in the volume", field: "inodesUsed" },
];

/** One sample per claim, also where several pods use it. */
function samplesOf(pods: readonly PodFigures[], field: keyof FilesystemUsage): readonly Sample[] {
  const samples = new Map<string, Sample>();
  for (const { entry, volumes } of pods) {
    for (const { name, filesystem } of volumes) {
      const claim = claimOf(name, entry.pod);
      const value = filesystem[field];
      if (claim === undefined || value === undefined) continue;
      const labels = { namespace: claim.namespace, persistentvolumeclaim: claim.name };
      samples.set(`${claim.namespace}/${claim.name}`, { labels, value: Number(value) });
    }
  }
  return [...samples.values()];
}

function statesOf({ status, pod }: PodEntry): readonly ("running" | "exited")[] {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = status ?? pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].flatMap(({ state }) => {
    if (state?.running !== undefined) return ["running"];
    return state?.terminated === undefined ? [] : ["exited"];
  });
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, help: `[ALPHA] ${help}`, type: "gauge", samples };
}
