/** Whether the node has room for a pod: the first resource that is short, in the kubelet's words. */
import type { Pod, Quantities } from "./kubernetes.js";
import { type NodeUse, unitsOf } from "./node-use.js";
import { podRequests } from "./pod-resources.js";
import { quantity, wholeUnits } from "./quantity.js";

/** Why a pod is not let in. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** undefined: it fits. Extended resources that the node does not know are not looked at. */
export function roomRefusal(pod: Pod, used: NodeUse, allocatable: Quantities): Refusal | undefined {
  const allowed = wholeUnits(quantity(allocatable["pods"]));
  if (BigInt(used.pods) + 1n > allowed) return outOf("pods", 1n, BigInt(used.pods), allowed);
  const requests = podRequests(pod.spec);
  for (const name of orderOf(requests)) {
    if (allocatable[name] === undefined && isExtended(name)) continue;
    const wanted = unitsOf(name, requests[name]);
    const taken = used.requested(name);
    const capacity = unitsOf(name, allocatable[name]);
    if (wanted > 0n && wanted > capacity - taken) return outOf(name, wanted, taken, capacity);
  }
  return undefined;
}

const NATIVE = ["cpu", "memory", "ephemeral-storage"];

/** Has a domain that is not Kubernetes' own; hugepages-2Mi has none. */
function isExtended(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/");
}

function orderOf(requests: Quantities): readonly string[] {
  return [...NATIVE, ...Object.keys(requests).filter((name) => !NATIVE.includes(name))];
}

function outOf(name: string, requested: bigint, used: bigint, capacity: bigint): Refusal {
  const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${name}`, message };
}
