/** What a pod holds on disk: its emptyDir volumes, and the logs of its containers. */
import type { FilesystemStats, VolumeStats } from "@outboard/contract";
import type { Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { logPathOf } from "./ending.js";
import type { Pod } from "./pod.js";
import type { RuntimeStats } from "./runtime.js";
import { placeVolume } from "./volumes.js";

const BLOCK_BYTES = 512;

/** Figures of one pod. */
export interface DiskUsage {
  readonly volumes: readonly VolumeStats[];
  /** By container. */
  readonly logs: ReadonlyMap<string, FilesystemStats>;
  /** Volumes, logs and the writable layers that the runtime knows. */
  readonly total: FilesystemStats;
}

/** Measures; what vanishes meanwhile counts for nothing. */
export async function diskUsageOf(pod: Pod, figures: RuntimeStats, now: number): Promise<DiskUsage> {
  const time = new Date(now);
  const volumes: VolumeStats[] = [];
  for (const volume of pod.manifest?.spec.volumes ?? []) {
    const isOnDisk = volume.emptyDir !== undefined && volume.emptyDir.medium !== "Memory";
    const placed = isOnDisk ? placeVolume(pod.volumeHome, volume, []) : undefined;
    if (placed !== undefined) volumes.push({ name: volume.name, filesystem: await usageOf(placed.folder, time) });
  }
  const logs = new Map<string, FilesystemStats>();
  for (const name of pod.record.containers.keys()) {
    logs.set(name, await usageOf(dirname(logPathOf(pod.folder, name, 0)), time));
  }
  const parts = [...volumes.map(({ filesystem }) => filesystem), ...logs.values()].map((part) => part?.usedBytes ?? 0n);
  const layers = figures.containers.map(({ rootfsUsedBytes = 0n }) => rootfsUsedBytes);
  const usedBytes = [...parts, ...layers].reduce((sum, bytes) => sum + bytes, 0n);
  return { volumes, logs, total: { time, usedBytes } };
}

async function usageOf(folder: string, time: Date): Promise<FilesystemStats> {
  const seen = new Map<string, bigint>();
  await measure(folder, seen);
  const usedBytes = [...seen.values()].reduce((sum, bytes) => sum + bytes, 0n);
  return { time, usedBytes, inodesUsed: BigInt(seen.size) };
}

/** Each inode counts once; links are not followed. */
async function measure(path: string, seen: Map<string, bigint>): Promise<void> {
  const found: Stats | undefined = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  seen.set(`${found.dev}/${found.ino}`, BigInt(found.blocks * BLOCK_BYTES));
  if (!found.isDirectory()) return;
  for (const name of await readdir(path).catch(() => [])) await measure(join(path, name), seen);
}
