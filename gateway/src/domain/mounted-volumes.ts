/** Only volumes that a container mounts are filled: what the others refer to may be missing. */
import type { Container, Pod } from "./kubernetes.js";

/** Names of the volumes that any container mounts, of whatever kind it is. */
export function mountedVolumes({ spec }: Pod): ReadonlySet<string> {
  const containers = [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
  return new Set(
    (containers as readonly Container[]).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)),
  );
}
