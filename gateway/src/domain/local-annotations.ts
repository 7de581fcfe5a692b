/** Annotations that a kubelet adds to its own copy of a pod: files and variables of the downward API show them, the API does not. */
import type { Pod } from "./kubernetes.js";

/** Where a pod comes from: the API server, or a folder of manifests. */
export type PodSource = "api" | "file";

/** The pod with them. `seen`: since when it is known, RFC 3339 with seconds. */
export function withLocalAnnotations(pod: Pod, seen: string, source: PodSource): Pod {
  const added = {
    "kubernetes.io/config.seen": seen.replace(/(?<=:\d\d)Z$/, ".000000000Z"),
    "kubernetes.io/config.source": source,
  };
  return { ...pod, metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...added } } };
}
