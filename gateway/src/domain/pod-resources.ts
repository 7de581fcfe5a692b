/** Requests and limits of a pod as a whole: containers, init containers, sidecars, pod level, overhead. */
import type { Container, PodSpec, Quantities } from "./kubernetes.js";
import { addQuantities, compareQuantities, formatQuantity, quantity } from "./quantity.js";
import { isSidecar } from "./restart-rules.js";

/** Which side of resources. */
export type ResourceSide = "requests" | "limits";

/** What a scheduler reserves for the pod. */
export function podRequests(spec: PodSpec): Quantities {
  const own = spec.resources?.requests ?? {};
  return sum({ ...aggregate(spec, "requests"), ...podLevel(own) }, spec.overhead ?? {});
}

/** What the pod may use at most, as far as limits are set. */
export function podLimits(spec: PodSpec): Quantities {
  const limits = { ...aggregate(spec, "limits"), ...podLevel(spec.resources?.limits ?? {}) };
  const overhead = Object.entries(spec.overhead ?? {}).filter(([name]) => compareQuantities(limits[name], "0") > 0);
  return sum(limits, Object.fromEntries(overhead));
}

/** Sum by name. */
export function sum(a: Quantities, b: Quantities): Quantities {
  return merge(a, b, (x, y) => formatQuantity(addQuantities(quantity(x), quantity(y))));
}

function aggregate(spec: PodSpec, side: ResourceSide): Quantities {
  let total: Quantities = {};
  for (const container of spec.containers) total = sum(total, sideOf(container, side));
  let sidecars: Quantities = {};
  let peak: Quantities = {};
  for (const container of spec.initContainers ?? []) {
    const own = sideOf(container, side);
    if (isSidecar(container)) {
      total = sum(total, own);
      sidecars = sum(sidecars, own);
      peak = larger(peak, sidecars);
    } else peak = larger(peak, sum(sidecars, own));
  }
  return larger(total, peak);
}

/** Pod-level resources exist for cpu, memory and huge pages only. */
function podLevel(list: Quantities): Quantities {
  return Object.fromEntries(
    Object.entries(list).filter(([name]) => name === "cpu" || name === "memory" || name.startsWith("hugepages-")),
  );
}

function sideOf(container: Container, side: ResourceSide): Quantities {
  return container.resources?.[side] ?? {};
}

function larger(a: Quantities, b: Quantities): Quantities {
  return merge(a, b, (x, y) => (compareQuantities(x, y) >= 0 ? x : y));
}

function merge(a: Quantities, b: Quantities, join: (x: string, y: string) => string): Quantities {
  const result: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = result[name];
    result[name] = known === undefined ? value : join(known, value);
  }
  return result;
}
