/** Only volumes that a container mounts are filled: what the others refer to may be missing. */
import { allContainers } from "./all-containers.js";
import type { Pod } from "./kubernetes.js";

/** Names of the volumes that any container mounts, of whatever kind it is. */
export function mountedVolumes(pod: Pod): ReadonlySet<string> {
  return new Set(allContainers(pod).flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
}
