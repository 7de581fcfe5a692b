/** Sums over parts: a field is known if every part has it. Pure. */
import type { CpuUsage, MemoryUsage } from "../../ports/stats.js";

type MemoryField = "usageBytes" | "workingSetBytes" | "rssBytes" | "pageFaults" | "majorPageFaults";

const MEMORY_FIELDS: readonly MemoryField[] = [
  "usageBytes",
  "workingSetBytes",
  "rssBytes",
  "pageFaults",
  "majorPageFaults",
];

/** CPU of all parts; `coreNanoSeconds` is the sum of their counters, kept by the caller. `nowMs`: time of a sum over nothing. */
export function addCpu(
  owners: readonly { readonly cpu?: CpuUsage }[],
  coreNanoSeconds: bigint,
  nowMs: number,
): CpuUsage | undefined {
  const parts = owners.map(({ cpu }) => cpu);
  const rate = sum(parts.map((part) => part?.usageNanoCores));
  const isCounted = parts.every((part) => part?.usageCoreNanoSeconds !== undefined);
  if (rate === undefined && !isCounted) return undefined;
  return {
    timeMs: latest(parts, nowMs),
    ...(rate === undefined ? {} : { usageNanoCores: rate }),
    ...(isCounted ? { usageCoreNanoSeconds: coreNanoSeconds } : {}),
  };
}

/** Memory of all parts. What is available is no sum. */
export function addMemory(
  owners: readonly { readonly memory?: MemoryUsage }[],
  nowMs: number,
): MemoryUsage | undefined {
  const parts = owners.map(({ memory }) => memory);
  const known = MEMORY_FIELDS.flatMap((field): [MemoryField, bigint][] => {
    const value = sum(parts.map((part) => part?.[field]));
    return value === undefined ? [] : [[field, value]];
  });
  return known.length === 0 ? undefined : { timeMs: latest(parts, nowMs), ...Object.fromEntries(known) };
}

function sum(values: readonly (bigint | undefined)[]): bigint | undefined {
  let result = 0n;
  for (const value of values) {
    if (value === undefined) return undefined;
    result += value;
  }
  return result;
}

function latest(parts: readonly ({ readonly timeMs: number } | undefined)[], nowMs: number): number {
  const times = parts.flatMap((part) => (part === undefined ? [] : [part.timeMs]));
  return times.length === 0 ? nowMs : Math.max(...times);
}
