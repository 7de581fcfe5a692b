/** Limits of containers and pods as the kernel counts them. Pure. */
import type { Resources } from "@outboard/contract";
import { parseBytes, parseCpuMillis } from "@outboard/provider-sdk";
import type { HugepageLimit, LinuxContainerResources } from "../gen/runtime/v1/api.js";
import { oomScoreAdj } from "./oom-score.js";
import type { PodAmounts } from "./pod-resources.js";

export const CPU_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1000;
export const MIN_SHARES = 2;
const MAX_SHARES = 262_144;

export function toShares(millis: number): number {
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((millis * 1024) / 1000)));
}

/** 0: no limit. */
export function toQuota(millis: number): number {
  return millis === 0 ? 0 : Math.max(MIN_QUOTA_US, Math.floor((millis * CPU_PERIOD_US) / 1000));
}

/** What the machine adds to limits. */
export interface LimitFacts {
  readonly memoryBytes: number;
  /** Control groups v2 alone. */
  readonly unified: boolean;
  /** Swap can be limited. */
  readonly swap: boolean;
  /** Sizes of huge pages in bytes that can be limited. */
  readonly hugepageSizes: readonly number[];
}

export function containerLimits(
  name: string,
  resources: Resources | undefined,
  pod: PodAmounts,
  facts: LimitFacts,
): LinuxContainerResources {
  const { cpuLimit, cpuRequest, memoryLimit } = askedOf(resources, pod);
  return {
    cpuPeriod: BigInt(CPU_PERIOD_US),
    cpuQuota: BigInt(toQuota(cpuLimit)),
    cpuShares: BigInt(toShares(cpuRequest)),
    memoryLimitInBytes: BigInt(memoryLimit),
    memorySwapLimitInBytes: facts.swap && !facts.unified ? BigInt(memoryLimit) : 0n,
    oomScoreAdj: BigInt(oomScoreAdj(pod, name, facts.memoryBytes)),
    cpusetCpus: "",
    cpusetMems: "",
    hugepageLimits: hugepageLimits(resources, facts.hugepageSizes),
    unified: new Map(facts.unified ? unifiedLimits(facts) : []),
  };
}

/** A limit of the pod stands in for one that the container lacks, a limit for a request. 0: none. */
function askedOf(
  resources: Resources | undefined,
  { pod }: PodAmounts,
): { readonly cpuLimit: number; readonly cpuRequest: number; readonly memoryLimit: number } {
  const cpu = parseCpuMillis(resources?.limits.get("cpu")) ?? 0;
  const memory = parseBytes(resources?.limits.get("memory")) ?? 0;
  const cpuLimit = cpu === 0 ? (pod?.limits.cpuMillis ?? 0) : cpu;
  return {
    cpuLimit,
    cpuRequest: parseCpuMillis(resources?.requests.get("cpu")) ?? cpuLimit,
    memoryLimit: memory === 0 ? (pod?.limits.memoryBytes ?? 0) : memory,
  };
}

function unifiedLimits({ swap }: LimitFacts): readonly (readonly [string, string])[] {
  return [["memory.oom.group", "1"], ["memory.high", "max"], ...(swap ? [["memory.swap.max", "0"] as const] : [])];
}

/** 0 for every size that is not asked for. */
function hugepageLimits(resources: Resources | undefined, sizes: readonly number[]): readonly HugepageLimit[] {
  const asked = new Map<number, number>();
  for (const [name, amount] of resources?.limits ?? []) {
    const size = name.startsWith("hugepages-") ? parseBytes(name.slice("hugepages-".length)) : undefined;
    if (size !== undefined) asked.set(size, parseBytes(amount) ?? 0);
  }
  return [...new Set([...sizes, ...asked.keys()])].map((size) => ({
    pageSize: pageSizeName(size),
    limit: BigInt(asked.get(size) ?? 0),
  }));
}

/** 2097152 → 2MB, as the kernel's files are named. */
function pageSizeName(size: number): string {
  if (size >= 2 ** 30) return `${String(size / 2 ** 30)}GB`;
  return size >= 2 ** 20 ? `${String(size / 2 ** 20)}MB` : `${String(size / 2 ** 10)}KB`;
}
