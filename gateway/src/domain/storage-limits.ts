/** Local storage that a pod may use, and whether it uses more: the kubelet's three checks, in its words. */
import type { Container, Pod } from "./kubernetes.js";
import { podLimits } from "./pod-resources.js";
import { quantity, wholeUnits } from "./quantity.js";
import { isSidecar } from "./restart-rules.js";

/** What a pod holds on disk, bytes; undefined: not known. */
export interface StorageUse {
  readonly volumes: ReadonlyMap<string, bigint>;
  /** Writable layer and logs, by container. */
  readonly containers: ReadonlyMap<string, bigint>;
  readonly total: bigint | undefined;
}

/** Limits that the gateway keeps; the provider keeps the others itself. */
export interface KeptLimits {
  readonly volumes: boolean;
  readonly storage: boolean;
}

const BOTH: KeptLimits = { volumes: true, storage: true };
const STORAGE = "ephemeral-storage";
/** Pods from this priority on are never evicted. */
const SYSTEM_CRITICAL = 2_000_000_000;

/** False: no use of it can be too much. */
export function hasStorageLimits(pod: Pod, kept: KeptLimits = BOTH): boolean {
  const hasTotal = kept.storage && podLimits(pod.spec)[STORAGE] !== undefined;
  return hasTotal || (kept.volumes && limitedVolumes(pod).length > 0);
}

/** Message of the eviction; undefined: within its limits. */
export function storageExcess(pod: Pod, use: StorageUse, kept: KeptLimits = BOTH): string | undefined {
  if ((pod.spec.priority ?? 0) >= SYSTEM_CRITICAL) return undefined;
  const ofVolume = kept.volumes ? volumeExcess(pod, use) : undefined;
  return ofVolume ?? (kept.storage ? (podExcess(pod, use) ?? containerExcess(pod, use)) : undefined);
}

function volumeExcess(pod: Pod, { volumes }: StorageUse): string | undefined {
  const full = limitedVolumes(pod).find(({ name, limit }) => (volumes.get(name) ?? 0n) > bytes(limit));
  return full === undefined ? undefined : `Usage of EmptyDir volume "${full.name}" exceeds the limit "${full.limit}". `;
}

function podExcess(pod: Pod, { total }: StorageUse): string | undefined {
  const limit = podLimits(pod.spec)[STORAGE];
  if (limit === undefined || total === undefined || total <= bytes(limit)) return undefined;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `;
}

function containerExcess(pod: Pod, { containers }: StorageUse): string | undefined {
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar);
  for (const { name, resources } of [...pod.spec.containers, ...sidecars] as readonly Container[]) {
    const limit = resources?.limits?.[STORAGE];
    if (limit === undefined || bytes(limit) === 0n || (containers.get(name) ?? 0n) <= bytes(limit)) continue;
    return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
  }
  return undefined;
}

/** Volumes in memory are limited by the kernel. */
function limitedVolumes({ spec }: Pod): readonly { readonly name: string; readonly limit: string }[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    const limit = emptyDir?.sizeLimit;
    const isLimited = limit !== undefined && emptyDir?.medium !== "Memory" && bytes(limit) > 0n;
    return isLimited ? [{ name, limit }] : [];
  });
}

function bytes(text: string): bigint {
  return wholeUnits(quantity(text));
}
