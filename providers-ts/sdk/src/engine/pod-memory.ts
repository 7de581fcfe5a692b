/** The memory that a pod as a whole may use: what bounds its volumes in memory. Pure. */
import { type ContainerManifest, containersOf, type PodManifest, type ResourcesManifest } from "./manifest.js";
import { parseBytes } from "./quantity.js";

/** Bytes; undefined: it has no limit, since not every container has one. */
export function podMemoryLimit(pod: PodManifest): number | undefined {
  const own = limitOf(pod.spec.resources);
  const all = own ?? limitOfContainers(pod);
  return all === undefined ? undefined : all + (parseBytes(pod.spec.overhead?.["memory"]) ?? 0);
}

/** Init containers run one after the other, beside the sidecars before them; all else runs at once. */
function limitOfContainers(pod: PodManifest): number | undefined {
  let beside = 0;
  let most = 0;
  for (const { kind, container } of containersOf(pod)) {
    if (kind === "ephemeral") continue;
    const limit = containerLimit(container);
    if (limit === undefined) return undefined;
    if (kind !== "init") beside += limit;
    most = Math.max(most, kind === "init" ? beside + limit : beside);
  }
  return most;
}

function containerLimit({ resources }: ContainerManifest): number | undefined {
  return limitOf(resources as ResourcesManifest | undefined);
}

function limitOf(resources: ResourcesManifest | undefined): number | undefined {
  const bytes = parseBytes(resources?.limits?.["memory"]);
  return bytes === 0 ? undefined : bytes;
}
