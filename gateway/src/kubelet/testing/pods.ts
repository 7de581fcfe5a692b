/** Pods for tests. */
import type { ContainerStatus, Pod, PodStatus } from "../../domain/kubernetes.js";
import type { PodEntry, PodView } from "../../ports/kubelet.js";

/** A pod with one container "c". */
export function createPod(name: string, options: { readonly namespace?: string; readonly uid?: string } = {}): Pod {
  const { namespace = "httpcap", uid = `uid-${name}` } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid, resourceVersion: "1", creationTimestamp: "2026-11-25T13:28:01Z" },
    spec: { containers: [{ name: "c", image: "busybox" }] },
  };
}

/** Status of container "c". */
export function containerStatus(fields: Partial<ContainerStatus>): ContainerStatus {
  return { name: "c", image: "busybox", imageID: "sha256:1", ready: true, restartCount: 0, ...fields };
}

/** A status with these containers. */
export function podStatus(...containerStatuses: readonly ContainerStatus[]): PodStatus {
  return { phase: "Running", containerStatuses };
}

/** Container "c" runs. */
export const RUNNING: PodStatus = podStatus(
  containerStatus({ state: { running: { startedAt: "2026-11-25T13:28:02Z" } }, containerID: "fake://1" }),
);

/** A view over these entries. */
export function createPodView(...entries: readonly PodEntry[]): PodView {
  return {
    list: () => entries,
    find: (namespace, name) =>
      entries.find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name),
  };
}
