/** resourceFieldRef: what a container asked for or may use, divided and rounded up. */
import { InputProblem } from "./input-problem.js";
import type { Container, PodSpec, Quantities } from "./kubernetes.js";
import { ceilDivide, compareQuantities, milliUnits, quantity, wholeUnits } from "./quantity.js";

/** A resourceFieldRef. */
export interface ResourceField {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string;
}

/** Where to look. */
export interface ResourceScope {
  readonly spec: PodSpec;
  /** Of the node. */
  readonly allocatable: Quantities;
  /** Taken where the field names none. */
  readonly self?: Container;
}

/** The value as text. @throws InputProblem */
export function resourceFieldValue(field: ResourceField, scope: ResourceScope): string {
  const list = listOf(field.resource, containerOf(field, scope));
  const name = field.resource.slice(field.resource.indexOf(".") + 1);
  const value = quantity(list[name]);
  const divisor = compareQuantities(field.divisor, "0") === 0 ? quantity("1") : quantity(field.divisor);
  const units = name === "cpu" ? milliUnits : wholeUnits;
  return String(ceilDivide(units(value), units(divisor)));
}

function listOf(resource: string, container: Container): Quantities {
  const [side = "", name = ""] = resource.split(/\.(.*)/s);
  const known = ["cpu", "memory", "ephemeral-storage"].includes(name) || name.startsWith("hugepages-");
  if (!known || (side !== "limits" && side !== "requests")) {
    throw new InputProblem(`unsupported container resource : ${resource}`);
  }
  return container.resources?.[side] ?? {};
}

/** The container with default limits where it is one that gets them: itself, and the pod's regular containers. */
function containerOf(field: ResourceField, scope: ResourceScope): Container {
  const { spec, self } = scope;
  if (field.containerName === undefined || field.containerName === "") {
    if (self === undefined) throw new InputProblem(`container  not found`);
    return withDefaultLimits(self, scope);
  }
  const regular = spec.containers.find(({ name }) => name === field.containerName);
  if (regular !== undefined) return withDefaultLimits(regular, scope);
  const init = spec.initContainers?.find(({ name }) => name === field.containerName);
  if (init === undefined) throw new InputProblem(`container ${field.containerName} not found`);
  return init;
}

function withDefaultLimits(container: Container, { spec, allocatable }: ResourceScope): Container {
  const limits: Record<string, string> = { ...container.resources?.limits };
  for (const name of ["cpu", "memory", "ephemeral-storage"]) {
    const own = allocatable[name];
    if (own === undefined || compareQuantities(limits[name], "0") !== 0) continue;
    const pod = name === "ephemeral-storage" ? undefined : spec.resources?.limits?.[name];
    limits[name] = compareQuantities(pod, "0") > 0 ? (pod ?? own) : own;
  }
  return { ...container, resources: { ...container.resources, limits } };
}
