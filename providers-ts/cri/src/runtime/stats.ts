/** Usage of a pod's containers, from the runtime. */
import type { InterfaceStats } from "@outboard/contract";
import type { RuntimeStats } from "@outboard/provider-sdk";
import { DEADLINES, type CriClient } from "../client/cri-client.js";
import { isNotFound, isUnimplemented, isUnknown } from "../client/errors.js";
import {
  type ContainerStats,
  type LinuxPodSandboxStats,
  type NetworkInterfaceUsage,
  PodSandboxState,
  type UInt64Value,
} from "../gen/runtime/v1/api.js";
import { CONTAINER_NAME, POD_UID } from "../map/labels.js";
import type { Inventory } from "./inventory.js";

export async function podStats(
  client: CriClient,
  inventory: Inventory,
  uid: string,
  signal: AbortSignal,
): Promise<RuntimeStats> {
  const filter = { id: "", podSandboxId: "", labelSelector: new Map([[POD_UID, uid]]) };
  const options = { signal, deadlineMs: DEADLINES.quick };
  const [{ stats }, sandboxes] = await Promise.all([
    client.runtime.listContainerStats({ filter }, options),
    inventory.sandboxes(signal, uid),
  ]);
  const ready = sandboxes.find(({ state }) => state === PodSandboxState.SANDBOX_READY);
  const pod = ready === undefined ? undefined : await sandboxFigures(client, ready.id, options);
  return { containers: stats.flatMap(toFigures), ...(pod === undefined ? {} : { pod }) };
}

/** Undefined: the runtime has none, or cannot tell them of a sandbox that is ending. */
async function sandboxFigures(
  client: CriClient,
  podSandboxId: string,
  options: { readonly signal: AbortSignal; readonly deadlineMs: number },
): Promise<RuntimeStats["pod"]> {
  try {
    return toPodFigures((await client.runtime.podSandboxStats({ podSandboxId }, options)).stats?.linux);
  } catch (error) {
    if (isUnimplemented(error) || isNotFound(error) || isUnknown(error)) return undefined;
    throw error;
  }
}

function toPodFigures(linux: LinuxPodSandboxStats | undefined): RuntimeStats["pod"] {
  const { defaultInterface: own, interfaces = [] } = linux?.network ?? {};
  const others = interfaces.filter(({ name }) => name !== own?.name);
  const all = [...(own === undefined ? [] : [own]), ...others].map(toInterface);
  return { ...(all.length === 0 ? {} : { interfaces: all }), ...figure("processCount", linux?.process?.processCount) };
}

function toInterface({ name, rxBytes, rxErrors, txBytes, txErrors }: NetworkInterfaceUsage): InterfaceStats {
  return {
    name,
    rxBytes: rxBytes?.value,
    rxErrors: rxErrors?.value,
    txBytes: txBytes?.value,
    txErrors: txErrors?.value,
  };
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
