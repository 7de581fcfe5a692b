/** Requests and limits as the engine's settings, by the kubelet's arithmetic. Pure. */
import type { Resources } from "@outboard/contract";

/** Absent: no limit. */
export interface ResourceSettings {
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuShares: number;
}

const PERIOD_US = 100_000;
const LEAST_QUOTA_US = 1000;
const LEAST_SHARES = 2;
const MOST_SHARES = 262_144;

export function toResourceSettings(resources: Resources | undefined): ResourceSettings {
  const memory = bytesOf(resources?.limits.get("memory"));
  const limit = millisOf(resources?.limits.get("cpu"));
  const request = millisOf(resources?.requests.get("cpu")) ?? limit ?? 0;
  return {
    // Swap is no way around the limit.
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
    ...(limit === undefined || limit === 0
      ? {}
      : { CpuPeriod: PERIOD_US, CpuQuota: Math.max(LEAST_QUOTA_US, Math.floor((limit * PERIOD_US) / 1000)) }),
    CpuShares: Math.min(MOST_SHARES, Math.max(LEAST_SHARES, Math.floor((request * 1024) / 1000))),
  };
}

/** For a running container, where a limit that is gone must be taken away in words. */
export function toResourceUpdate(resources: Resources): ResourceSettings {
  return { Memory: 0, MemorySwap: -1, CpuPeriod: PERIOD_US, CpuQuota: -1, ...toResourceSettings(resources) };
}

/** The contract's spelling: thousandths with m, else whole cores. */
function millisOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+m?$/.test(text)) return undefined;
  return text.endsWith("m") ? Number(text.slice(0, -1)) : Number(text) * 1000;
}

function bytesOf(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) || text === "0" ? undefined : Number(text);
}
