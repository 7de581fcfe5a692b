/** Whether the node has room for a pod: the first resource that is short, in the kubelet's words. */
import type { Pod, PodSpec, Quantities } from "./kubernetes.js";
import { podRequests } from "./pod-resources.js";
import { milliUnits, quantity, wholeUnits } from "./quantity.js";
import { isTerminalPhase } from "./pod-phase.js";

/** Why a pod is not let in. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** undefined: it fits. Extended resources that the node does not know are not looked at. */
export function roomRefusal(pod: Pod, others: readonly Pod[], allocatable: Quantities): Refusal | undefined {
  const active = others.filter(
    ({ metadata, status }) => metadata.uid !== pod.metadata.uid && !isTerminalPhase(status?.phase),
  );
  const allowed = wholeUnits(quantity(allocatable["pods"]));
  if (BigInt(active.length) + 1n > allowed) return outOf("pods", 1n, BigInt(active.length), allowed);
  const requests = podRequests(pod.spec);
  for (const name of orderOf(requests)) {
    if (allocatable[name] === undefined && !NATIVE.includes(name)) continue;
    const wanted = units(name, requests[name]);
    if (wanted <= 0n) continue;
    const taken = active.reduce((sum, { spec }) => sum + (unitsOf(spec).get(name) ?? 0n), 0n);
    const capacity = units(name, allocatable[name]);
    if (wanted > capacity - taken) return outOf(name, wanted, taken, capacity);
  }
  return undefined;
}

/** Requests of specs that were looked at: each admission looks at all pods, whose specs seldom change. */
const known = new WeakMap<PodSpec, ReadonlyMap<string, bigint>>();

function unitsOf(spec: PodSpec): ReadonlyMap<string, bigint> {
  const found = known.get(spec);
  if (found !== undefined) return found;
  const requests = Object.entries(podRequests(spec));
  const made = new Map(requests.map(([name, text]) => [name, units(name, text)]));
  known.set(spec, made);
  return made;
}

function units(name: string, text: string | undefined): bigint {
  return name === "cpu" ? milliUnits(quantity(text)) : wholeUnits(quantity(text));
}

const NATIVE = ["cpu", "memory", "ephemeral-storage"];

function orderOf(requests: Quantities): readonly string[] {
  return [...NATIVE, ...Object.keys(requests).filter((name) => !NATIVE.includes(name))];
}

function outOf(name: string, requested: bigint, used: bigint, capacity: bigint): Refusal {
  const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${name}`, message };
}
