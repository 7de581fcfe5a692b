/** status.resources and status.allocatedResources of the pod as a whole. */
import type { Container, ContainerStatus, PodSpec, PodStatus, Quantities } from "./kubernetes.js";
import type { Statuses } from "./pod-phase.js";
import { podLimits, podRequests } from "./pod-resources.js";

/**
 * Allocated requests, and what is in effect as far as containers show it; memory requests have no effect to show. Once the
 * API shows the pod as running only cpu and memory count. `before`: what the pod had until the resize that is under way.
 */
export function podLevelResources(
  spec: PodSpec,
  statuses: Statuses,
  { running, before }: { readonly running: boolean; readonly before?: PodSpec | undefined },
): Pick<PodStatus, "allocatedResources" | "resources"> {
  const allocated = podRequests(spec);
  const isWhole = before?.resources !== undefined;
  const actual = inEffect(isWhole ? { ...spec, resources: before.resources } : spec, statuses);
  const shown = (list: Quantities): Quantities => (running ? cpuAndMemory(list) : list);
  const memory = isWhole ? podRequests(before)["memory"] : allocated["memory"];
  const requests = { ...podRequests(actual), ...(memory === undefined ? {} : { memory }) };
  return {
    ...(isEmpty(allocated) ? {} : { allocatedResources: allocated }),
    resources: { ...side("limits", shown(podLimits(actual))), ...side("requests", shown(requests)) },
  };
}

function cpuAndMemory(list: Quantities): Quantities {
  return Object.fromEntries(Object.entries(list).filter(([name]) => name === "cpu" || name === "memory"));
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
