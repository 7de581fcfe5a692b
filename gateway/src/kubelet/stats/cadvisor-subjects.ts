/**
 * What /metrics/cadvisor has series of: the node ("/"), each pod and each container, with the labels that dashboards select
 * by. Ids look like the control groups of a kubelet, whatever the provider runs on. Pure.
 */
import type { ContainerStatus } from "../../domain/kubernetes.js";
import type { CpuUsage, FilesystemUsage, MemoryUsage, NetworkUsage } from "../../ports/stats.js";
import type { Figures, PodFigures } from "./figures.js";

/** One thing that is measured. */
export interface Subject {
  readonly labels: Readonly<Record<"id" | "name" | "image" | "container" | "pod" | "namespace", string>>;
  readonly startTimeMs?: number;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  readonly filesystem?: FilesystemUsage;
  readonly network?: NetworkUsage;
  readonly swapUsageBytes?: bigint;
  readonly processCount?: bigint;
}

const NO_LABELS: Subject["labels"] = { id: "", name: "", image: "", container: "", pod: "", namespace: "" };

/** The node first, then each pod before its containers. */
export function toSubjects({ node, pods }: Figures): readonly Subject[] {
  return [{ ...node, labels: { ...NO_LABELS, id: "/" } }, ...pods.flatMap(ofPod)];
}

function ofPod(pod: PodFigures): readonly Subject[] {
  const { name, namespace } = pod.entry.pod.metadata;
  const labels = { ...NO_LABELS, pod: name, namespace, id: `/kubepods/pod${pod.uid}` };
  const statuses = statusesOf(pod);
  return [{ ...pod, labels }, ...pod.containers.map((each) => ofContainer(each, labels, statuses.get(each.name)))];
}

function ofContainer(
  container: PodFigures["containers"][number],
  labels: Subject["labels"],
  status: ContainerStatus | undefined,
): Subject {
  const runtimeId = status?.containerID?.replace(/^[^:]*:\/\//, "") ?? "";
  const id = `${labels.id}/${runtimeId === "" ? container.name : runtimeId}`;
  return {
    ...container,
    ...(container.rootfs && { filesystem: container.rootfs }),
    labels: { ...labels, id, name: runtimeId, image: status?.image ?? "", container: container.name },
  };
}

function statusesOf({ entry }: PodFigures): ReadonlyMap<string, ContainerStatus> {
  const status = entry.status ?? entry.pod.status;
  const all = [status?.initContainerStatuses, status?.containerStatuses, status?.ephemeralContainerStatuses];
  return new Map(all.flatMap((statuses) => statuses ?? []).map((each) => [each.name, each]));
}
