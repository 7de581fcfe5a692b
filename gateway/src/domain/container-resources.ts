/** Resources of a container in its status: the allocated ones, overlaid with what is in effect. */
import type { Container, Quantities } from "./kubernetes.js";
import type { ContainerObservation } from "./observation.js";
import { binaryQuantity, canonicalQuantity, compareQuantities } from "./quantity.js";

type Requirements = NonNullable<Container["resources"]>;

/** cpu and memory as in effect while the container runs; the spec's spelling stays where the value is equal. */
export function actualResources(allocated: Requirements | undefined, observed: ContainerObservation): Requirements {
  const base: Requirements = allocated ?? {};
  const actual = observed.resources;
  if (actual === undefined || observed.state.kind !== "running") return base;
  return {
    ...base,
    ...(base.limits === undefined ? {} : { limits: overlay(base.limits, actual.limits) }),
    ...(base.requests === undefined ? {} : { requests: overlay(base.requests, actual.requests) }),
  };
}

function overlay(base: Quantities, actual: Quantities): Quantities {
  const result: Record<string, string> = { ...base };
  for (const name of ["cpu", "memory"]) {
    const value = actual[name];
    if (value !== undefined && (base[name] === undefined || compareQuantities(value, base[name]) !== 0)) {
      result[name] = name === "memory" ? binaryQuantity(value) : canonicalQuantity(value);
    }
  }
  return result;
}
