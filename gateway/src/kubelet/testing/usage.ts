/** Usage figures for tests. */
import type { ContainerUsage, PodUsage } from "../../ports/stats.js";

/** When test figures were measured. */
export const MEASURED_MS: number = Date.parse("2026-11-25T13:38:18.250Z");

/** A container that used so many core-seconds and 1 MiB, started a minute before. */
export function containerUsage(name: string, coreSeconds: number, more: Partial<ContainerUsage> = {}): ContainerUsage {
  const timeMs = MEASURED_MS;
  return {
    name,
    startTimeMs: timeMs - 60_000,
    cpu: { timeMs, usageCoreNanoSeconds: BigInt(coreSeconds * 1e9) },
    memory: { timeMs, workingSetBytes: 1_048_576n, usageBytes: 2_097_152n },
    ...more,
  };
}

/** A pod with these containers. */
export function podUsage(uid: string, ...containers: readonly ContainerUsage[]): PodUsage {
  return { uid, startTimeMs: MEASURED_MS - 61_000, containers, volumes: [] };
}
