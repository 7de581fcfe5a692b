/** One sample of the engine's figures as a runtime's. Undefined means unknown. Pure. */
import type { RuntimeStats } from "@outboard/provider-sdk";
import type { StatsSample } from "../api/objects.js";

export function toStats(name: string, sample: StatsSample): RuntimeStats["containers"][number] {
  const { usage, stats = {} } = sample.memory_stats ?? {};
  const inactive = stats["total_inactive_file"] ?? stats["inactive_file"] ?? 0;
  const rss = stats["total_rss"] ?? stats["anon"];
  const cpu = sample.cpu_stats?.cpu_usage?.total_usage;
  return {
    name,
    ...(cpu === undefined ? {} : { cpuUsageNanos: BigInt(cpu) }),
    ...(usage === undefined
      ? {}
      : { memoryUsageBytes: BigInt(usage), memoryWorkingSetBytes: BigInt(Math.max(0, usage - inactive)) }),
    ...(rss === undefined ? {} : { memoryRssBytes: BigInt(rss) }),
  };
}
