/** status.resources and status.allocatedResources of the pod as a whole. */
import type { Container, ContainerStatus, PodSpec, PodStatus, Quantities } from "./kubernetes.js";
import type { Statuses } from "./pod-phase.js";
import { podLimits, podRequests } from "./pod-resources.js";
import { qosClass } from "./qos.js";
import { compareQuantities } from "./quantity.js";

/**
 * Allocated requests, and what is in effect as far as containers show it; memory requests have no effect to show. Once the
 * API shows the pod as running it is what its group is given. `before`: what the pod had until the resize that is under way.
 */
export function podLevelResources(
  spec: PodSpec,
  statuses: Statuses,
  { running, before }: { readonly running: boolean; readonly before?: PodSpec | undefined },
): Pick<PodStatus, "allocatedResources" | "resources"> {
  const allocated = podRequests(spec);
  const isWhole = before?.resources !== undefined;
  const actual = inEffect(isWhole ? { ...spec, resources: before.resources } : spec, statuses);
  const memory = isWhole ? podRequests(before)["memory"] : allocated["memory"];
  const requests = { ...podRequests(actual), ...(memory === undefined ? {} : { memory }) };
  return {
    ...(isEmpty(allocated) ? {} : { allocatedResources: allocated }),
    resources: running
      ? { ...side("limits", groupLimits(spec, podLimits(actual))), ...side("requests", groupRequests(spec, requests)) }
      : { ...side("limits", podLimits(actual)), ...side("requests", requests) },
  };
}

/** What is not more than this the kernel cannot tell from nothing. */
const LEAST_CPU_LIMIT = "10m";
const LEAST_CPU_REQUEST = "2m";

/** A group has a limit only where nothing in the pod is without one. */
function groupLimits(spec: PodSpec, limits: Quantities): Quantities {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  const isSet = (part: Pick<Container, "resources">, name: string): boolean =>
    compareQuantities(part.resources?.limits?.[name], "0") > 0;
  return only(limits, (name, value) => {
    if (isSet(spec, name)) return true;
    return (
      all.every((container) => isSet(container, name)) &&
      (name === "memory" || compareQuantities(value, LEAST_CPU_LIMIT) > 0)
    );
  });
}

/** A group whose containers ask for nothing gets the least share, whatever its overhead. */
function groupRequests(spec: PodSpec, requests: Quantities): Quantities {
  const isBestEffort = qosClass(spec) === "BestEffort";
  return only(requests, (name, value) => {
    if (name === "memory" || spec.resources?.requests?.["cpu"] !== undefined) return true;
    return !isBestEffort && compareQuantities(value, LEAST_CPU_REQUEST) > 0;
  });
}

/** Those of cpu and memory that hold. */
function only(list: Quantities, holds: (name: string, value: string) => boolean): Quantities {
  const isShown = ([name, value]: readonly [string, string]): boolean =>
    (name === "cpu" || name === "memory") && holds(name, value);
  return Object.fromEntries(Object.entries(list).filter(isShown));
}

function inEffect(spec: PodSpec, statuses: Statuses): PodSpec {
  const known = [...(statuses.containerStatuses ?? []), ...(statuses.initContainerStatuses ?? [])];
  return {
    ...spec,
    containers: spec.containers.map((container) => withActual(container, known)),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map((container) => withActual(container, known)) }),
  };
}

function withActual(container: Container, known: readonly ContainerStatus[]): Container {
  const status = known.find(({ name }) => name === container.name);
  return status?.resources === undefined ? container : { ...container, resources: status.resources };
}

function side(name: "limits" | "requests", list: Quantities): Readonly<Record<string, Quantities>> {
  return isEmpty(list) ? {} : { [name]: list };
}

function isEmpty(list: Quantities): boolean {
  return Object.keys(list).length === 0;
}
