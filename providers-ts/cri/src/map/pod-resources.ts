/** What a pod as a whole asks for: QoS class, sums of its containers, by the kubelet's rules. Pure. */
import type { Resources } from "@outboard/contract";
import { parseBytes, parseCpuMillis } from "@outboard/provider-sdk";
import type { ContainerJson, PodJson, ResourcesJson } from "./pod-json.js";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

/** Undefined or 0: not set. */
export interface Amounts {
  readonly cpuMillis?: number;
  readonly memoryBytes?: number;
}

export interface ContainerAmounts {
  readonly name: string;
  readonly kind: "init" | "sidecar" | "main";
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** Kept with a pod, since limits of its group follow from it at every resize. */
export interface PodAmounts {
  readonly containers: readonly ContainerAmounts[];
  /** spec.resources; absent: not set. */
  readonly pod?: { readonly requests: Amounts; readonly limits: Amounts };
  readonly overhead: Amounts;
  readonly isCritical: boolean;
}

const CRITICAL = new Set(["system-node-critical"]);

export function amountsOf({ spec }: PodJson): PodAmounts {
  const init = (spec?.initContainers ?? []).map((container) =>
    toContainer(container, container.restartPolicy === "Always" ? "sidecar" : "init"),
  );
  const own = spec?.resources;
  return {
    containers: [...init, ...(spec?.containers ?? []).map((container) => toContainer(container, "main"))],
    ...(own === undefined ? {} : { pod: { requests: toAmounts(own.requests), limits: toAmounts(own.limits) } }),
    overhead: toAmounts(spec?.overhead),
    isCritical: CRITICAL.has(spec?.priorityClassName ?? ""),
  };
}

function toContainer(container: ContainerJson, kind: ContainerAmounts["kind"]): ContainerAmounts {
  return { name: container.name, kind, ...toRequirements(container.resources) };
}

function toRequirements(resources: ResourcesJson | undefined): { requests: Amounts; limits: Amounts } {
  return { requests: toAmounts(resources?.requests), limits: toAmounts(resources?.limits) };
}

function toAmounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  const cpu = parseCpuMillis(list?.["cpu"]);
  const memory = parseBytes(list?.["memory"]);
  return {
    ...(cpu === undefined ? {} : { cpuMillis: cpu }),
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  };
}

/** The same pod with other resources of one container. */
export function withContainerResources(pod: PodAmounts, name: string, resources: Resources): PodAmounts {
  const changed = requirementsOf(resources);
  return {
    ...pod,
    containers: pod.containers.map((container) => (container.name === name ? { ...container, ...changed } : container)),
  };
}

/** The same pod with other resources as a whole. */
export function withPodResources(pod: PodAmounts, resources: Resources): PodAmounts {
  return { ...pod, pod: requirementsOf(resources) };
}

function requirementsOf({ requests, limits }: Resources): { requests: Amounts; limits: Amounts } {
  return toRequirements({ requests: Object.fromEntries(requests), limits: Object.fromEntries(limits) });
}

export function qosOf(pod: PodAmounts): QosClass {
  const all = pod.pod === undefined ? pod.containers : [pod.pod];
  const asked = all.flatMap(({ requests, limits }) => [requests, limits]);
  if (asked.every((amounts) => !amounts.cpuMillis && !amounts.memoryBytes)) return "BestEffort";
  const isGuaranteed = all.every(({ requests, limits }) => isEqual(requests, limits));
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

/** Both limits set; requests that are missing are the limits. */
function isEqual(requests: Amounts, limits: Amounts): boolean {
  if (!limits.cpuMillis || !limits.memoryBytes) return false;
  const isSame = (request: number | undefined, limit: number): boolean => (request ?? limit) === limit;
  return isSame(requests.cpuMillis, limits.cpuMillis) && isSame(requests.memoryBytes, limits.memoryBytes);
}

type Which = "requests" | "limits";

/** The most that the pod asks for at any time, with its overhead; pod-level figures win. */
export function podTotal(pod: PodAmounts, which: Which): Required<Amounts> {
  const own = pod.pod?.[which];
  const total = (key: keyof Amounts): number => own?.[key] ?? peak(pod.containers, which, key);
  const extra = (key: keyof Amounts, sum: number): number =>
    which === "limits" && sum === 0 ? 0 : (pod.overhead[key] ?? 0);
  const [cpu, memory] = [total("cpuMillis"), total("memoryBytes")];
  return { cpuMillis: cpu + extra("cpuMillis", cpu), memoryBytes: memory + extra("memoryBytes", memory) };
}

function peak(containers: readonly ContainerAmounts[], which: Which, key: keyof Amounts): number {
  let sidecars = 0;
  let init = 0;
  let mains = 0;
  for (const container of containers) {
    const amount = container[which][key] ?? 0;
    if (container.kind === "main") mains += amount;
    if (container.kind === "sidecar") sidecars += amount;
    if (container.kind === "init") init = Math.max(init, amount + sidecars);
    else init = Math.max(init, sidecars);
  }
  return Math.max(init, mains + sidecars);
}

/** Whether the pod as a whole is limited: by a figure of its own, or because every container is. */
export function isLimited(pod: PodAmounts, key: keyof Amounts): boolean {
  if (pod.pod?.limits[key]) return true;
  return pod.containers.every(({ limits }) => (limits[key] ?? 0) > 0);
}
