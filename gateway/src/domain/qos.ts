/** status.qosClass. */
import type { PodSpec, Quantities } from "./kubernetes.js";
import { compareQuantities } from "./quantity.js";

/** Quality of service class. */
export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

type Part = { readonly requests?: Quantities; readonly limits?: Quantities };

/** Pod-level resources decide if set; else all containers together. Only cpu and memory count. */
export function qosClass(spec: PodSpec): QosClass {
  const parts: readonly Part[] =
    spec.resources === undefined
      ? [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.resources ?? {})
      : [spec.resources];
  if (!parts.some((part) => isSet(part.requests) || isSet(part.limits))) return "BestEffort";
  return parts.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}

function isSet(list: Quantities | undefined): boolean {
  return ["cpu", "memory"].some((name) => compareQuantities(list?.[name], "0") > 0);
}

function isGuaranteed(part: Part): boolean {
  return ["cpu", "memory"].every((name) => {
    const limit = part.limits?.[name];
    if (compareQuantities(limit, "0") <= 0) return false;
    const request = part.requests?.[name];
    return compareQuantities(request, "0") > 0 ? compareQuantities(request, limit) === 0 : request === undefined;
  });
}
