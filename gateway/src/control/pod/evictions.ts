/** Evicts pods that hold more on disk than they may, by the provider's figures; looked at as often as the kubelet does. */
import { hasStorageLimits, type KeptLimits, storageExcess, type StorageUse } from "../../domain/storage-limits.js";
import { isTerminal } from "../../domain/pod-plan.js";
import type { ProviderInfo } from "../../ports/provider.js";
import type { PodUsage, ProviderStats } from "../../ports/stats.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import { latestOf, type PodRecord } from "./record.js";

const PERIOD_MS = 10_000;
/** Of a pod that is evicted for its own excess. */
const GRACE_SECONDS = 1;

/** Runs until the signal aborts. */
export async function runEvictions(deps: PodDeps, stats: ProviderStats, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deps.clock.sleep(PERIOD_MS, signal).catch(() => {});
    if (signal.aborted) return;
    await look(deps, stats, signal).catch((err: unknown) => {
      if (!signal.aborted) deps.logger.debug({ err }, "no figures for evictions");
    });
  }
}

async function look(deps: PodDeps, stats: ProviderStats, signal: AbortSignal): Promise<void> {
  const info = deps.view()?.info;
  if (info?.capabilities.has("stats") !== true) return;
  const kept = keptLimits(info);
  const isWatched = (record: PodRecord): boolean => isLimited(record, kept);
  const limited = new Map([...deps.table.all()].filter(isWatched).map((record) => [record.uid, record]));
  if (limited.size === 0) return; // figures cost the provider a walk over its disks
  const { pods } = await stats.readStats({ onlyCpuAndMemory: false }, signal);
  for (const usage of pods) {
    const record = limited.get(usage.uid);
    const message = record?.api === undefined ? undefined : storageExcess(record.api, useOf(usage), kept);
    if (record === undefined || message === undefined || !isWatched(record)) continue;
    evict(deps, record, { reason: "Evicted", message });
  }
}

/** Ends the pod for the node's sake; it is shown as Failed, with this reason and message, once it has ended. */
export function evict(
  deps: PodDeps,
  record: PodRecord,
  why: { readonly reason: string; readonly message: string },
  graceSeconds: number = GRACE_SECONDS,
): void {
  record.eviction = { ...why, graceSeconds };
  if (record.api !== undefined) deps.events.record(podEvent(record.api, "Warning", why.reason, why.message));
  deps.requeue(record.uid);
}

/** What the provider honours it keeps itself. */
function keptLimits({ features }: ProviderInfo): KeptLimits {
  const isOwn = (id: string): boolean => features.get(id)?.level === "honoured";
  return {
    volumes: !isOwn("volumes.empty_dir.size_limit"),
    storage: !isOwn("resources.ephemeral_storage_limit"),
  };
}

function isLimited(record: PodRecord, kept: KeptLimits): boolean {
  const { api, eviction } = record;
  if (api === undefined || eviction !== undefined || isTerminal(api)) return false;
  return (
    latestOf(record)?.stage === "started" && api.metadata.deletionTimestamp === undefined && hasStorageLimits(api, kept)
  );
}

function useOf({ volumes, containers, ephemeralStorage }: PodUsage): StorageUse {
  const used = containers.map(({ name, rootfs, logs }) => {
    return [name, (rootfs?.usedBytes ?? 0n) + (logs?.usedBytes ?? 0n)] as const;
  });
  return {
    volumes: new Map(volumes.map(({ name, filesystem }) => [name, filesystem.usedBytes ?? 0n])),
    containers: new Map(used),
    total: ephemeralStorage?.usedBytes,
  };
}
