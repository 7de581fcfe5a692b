/** Usage of a pod's containers, from the runtime. */
import type { RuntimeStats } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import type { ContainerStats, UInt64Value } from "../gen/runtime/v1/api.js";
import { CONTAINER_NAME, POD_UID } from "../map/labels.js";

export async function podStats(client: CriClient, uid: string, signal: AbortSignal): Promise<RuntimeStats> {
  const filter = { id: "", podSandboxId: "", labelSelector: new Map([[POD_UID, uid]]) };
  const options = { signal, deadlineMs: DEADLINES.quick };
  const { stats } = await client.runtime.listContainerStats({ filter }, options);
  return { containers: stats.flatMap(toFigures) };
}

type Figures = RuntimeStats["containers"][number];

function toFigures({ attributes, cpu, memory, writableLayer }: ContainerStats): readonly Figures[] {
  const name = attributes?.labels.get(CONTAINER_NAME);
  if (name === undefined || cpu === undefined) return [];
  return [
    {
      name,
      ...figure("cpuUsageNanos", cpu.usageCoreNanoSeconds),
      ...figure("memoryWorkingSetBytes", memory?.workingSetBytes),
      ...figure("memoryUsageBytes", memory?.usageBytes),
      ...figure("memoryRssBytes", memory?.rssBytes),
      ...figure("rootfsUsedBytes", writableLayer?.usedBytes),
    },
  ];
}

/** What is not known is left out. */
function figure<Key extends string>(key: Key, value: UInt64Value | undefined): { readonly [Name in Key]?: bigint } {
  return value === undefined ? {} : ({ [key]: value.value } as { readonly [Name in Key]?: bigint });
}
