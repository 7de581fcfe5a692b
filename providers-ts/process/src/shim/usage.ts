/** Usage of a running instance: from its control groups, else summed over its processes. */
import { existsSync, readFileSync } from "node:fs";
import { processTree } from "./processes.js";
import type { UsageRecord } from "./protocol.js";

const PAGE_BYTES = 4096;
const NANOS_PER_TICK = 10_000_000;

export function readUsage(container: string, pid: number, groups: readonly string[]): UsageRecord {
  const find = (file: string): string | undefined =>
    groups.map((group) => `${group}/${file}`).find((path) => existsSync(path));
  const current = find("memory.current");
  const v1 = find("memory.usage_in_bytes");
  if (current !== undefined) return unifiedUsage(container, current.slice(0, -"/memory.current".length));
  if (v1 === undefined) return processUsage(container, pid);
  const folder = v1.slice(0, -"/memory.usage_in_bytes".length);
  const stat = readTable(`${folder}/memory.stat`);
  const usage = readNumber(v1);
  const cpu = find("cpuacct.usage");
  return {
    container,
    cpuNanos: cpu === undefined ? processUsage(container, pid).cpuNanos : String(readNumber(cpu)),
    memoryUsageBytes: usage,
    workingSetBytes: Math.max(0, usage - (stat.get("total_inactive_file") ?? 0)),
    rssBytes: stat.get("total_rss") ?? 0,
  };
}

function unifiedUsage(container: string, folder: string): UsageRecord {
  const stat = readTable(`${folder}/memory.stat`);
  const usage = readNumber(`${folder}/memory.current`);
  return {
    container,
    cpuNanos: String((readTable(`${folder}/cpu.stat`).get("usage_usec") ?? 0) * 1000),
    memoryUsageBytes: usage,
    workingSetBytes: Math.max(0, usage - (stat.get("inactive_file") ?? 0)),
    rssBytes: stat.get("anon") ?? 0,
  };
}

function processUsage(container: string, pid: number): UsageRecord {
  const tree = processTree(pid);
  const rssBytes = tree.reduce((sum, { rssPages }) => sum + rssPages * PAGE_BYTES, 0);
  const ticks = tree.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0);
  return {
    container,
    cpuNanos: String(ticks * NANOS_PER_TICK),
    memoryUsageBytes: rssBytes,
    workingSetBytes: rssBytes,
    rssBytes,
  };
}

/** Times that the kernel killed for want of memory, over all groups. */
export function memoryKills(groups: readonly string[]): number {
  return groups
    .flatMap((group) => [`${group}/memory.events`, `${group}/memory.oom_control`])
    .reduce((sum, path) => sum + (readTable(path).get("oom_kill") ?? 0), 0);
}

function readNumber(path: string): number {
  try {
    return Number(readFileSync(path, "latin1"));
  } catch {
    return 0;
  }
}

function readTable(path: string): ReadonlyMap<string, number> {
  try {
    const lines = readFileSync(path, "latin1").split("\n").filter(Boolean);
    return new Map(
      lines.map((line) => {
        const [name = "", value = ""] = line.split(" ");
        return [name, Number(value)];
      }),
    );
  } catch {
    return new Map();
  }
}
