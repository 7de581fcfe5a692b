/**
 * In-place resize: whether the resources that a pod wants now may be allocated, and the pod with the resources that are.
 * Until then the pod goes on, and is shown, with what was allocated.
 */
import { roomRefusal } from "./admission-fit.js";
import { defined } from "./defined.js";
import { sameValue } from "./json-diff.js";
import type { Container, ContainerStatus, Pod, PodSpec, Quantities } from "./kubernetes.js";
import { NodeLedger, type NodeUse } from "./node-use.js";
import type { PendingResize } from "./pod-conditions.js";

/** What the decision depends on. */
export interface ResizeInput {
  /** As the API has it. */
  readonly desired: Pod;
  /** With the allocated resources. */
  readonly allocated: Pod;
  /** What the node's other pods hold, by their allocated resources. */
  readonly used: NodeUse;
  /** Of the node. */
  readonly allocatable: Quantities;
  /** The provider declares update.resources. */
  readonly supported: boolean;
}

/** An empty node. */
const NOBODY = new NodeLedger().without("");

/** Nothing to do, allocate and send, or keep what is allocated and say why. */
export type ResizeDecision =
  | { readonly kind: "none" }
  | { readonly kind: "allocate" }
  | { readonly kind: "pending"; readonly pending: PendingResize };

/** Infeasible: it can never be; Deferred: it may fit later. */
export function decideResize(input: ResizeInput): ResizeDecision {
  const { desired, allocated, used, allocatable } = input;
  if (!isResized(desired, allocated)) return { kind: "none" };
  const observedGeneration = desired.metadata.generation ?? 0;
  if (!input.supported) {
    const message = "the provider cannot resize pods in place";
    return { kind: "pending", pending: { reason: "Infeasible", message, observedGeneration } };
  }
  const never = roomRefusal(desired, NOBODY, allocatable);
  const short = never ?? roomRefusal(desired, used, allocatable);
  if (short === undefined) return { kind: "allocate" };
  const { message, reason: lack } = short;
  if (never !== undefined) return { kind: "pending", pending: { reason: "Infeasible", message, observedGeneration } };
  return { kind: "pending", pending: { reason: "Deferred", lack, message, observedGeneration } };
}

/** True if the two differ in resources. */
export function isResized(desired: Pod, allocated: Pod): boolean {
  return desired.spec !== allocated.spec && !sameValue(resourcesOf(desired.spec), resourcesOf(allocated.spec));
}

/** Message of an event about a resize, in the kubelet's words; `error` says why it is not made, or what went wrong. */
export function resizeMessage(verb: string, { spec }: Pod, generation: number, error?: string): string {
  const list = (containers: readonly Container[] | undefined): readonly object[] | undefined =>
    containers?.map(({ name, resources }) => ({ name, resources: sorted(resources) }));
  const init = spec.initContainers?.length === 0 ? undefined : spec.initContainers;
  const summary = { initContainers: list(init), containers: list(spec.containers), generation, error };
  return `Pod resize ${verb}: ${JSON.stringify(summary)}`;
}

/** The pod with the other one's resources. */
export function withResourcesOf(pod: Pod, allocated: Pod): Pod {
  const known = [...(allocated.spec.initContainers ?? []), ...allocated.spec.containers];
  return withResources(pod, allocated.spec.resources, (name) => known.find((each) => each.name === name)?.resources);
}

/** The pod with the resources that its status shows as allocated: what an earlier process had decided. */
export function withResourcesOfStatus(pod: Pod): Pod {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const known = [...initContainerStatuses, ...containerStatuses];
  return withResources(pod, pod.spec.resources, (name) => shownResources(known.find((each) => each.name === name)));
}

type Requirements = Container["resources"];

function shownResources(status: ContainerStatus | undefined): Requirements {
  if (status?.resources === undefined) return undefined;
  return defined({ ...status.resources, requests: status.allocatedResources ?? status.resources.requests });
}

function withResources(pod: Pod, own: Requirements, find: (name: string) => Requirements): Pod {
  const change = (container: Container): Container =>
    defined({ ...container, resources: find(container.name) ?? container.resources });
  const { spec } = pod;
  const changed: PodSpec = defined({
    ...spec,
    resources: own,
    containers: spec.containers.map(change),
    initContainers: spec.initContainers?.map(change),
  });
  return { ...pod, spec: changed };
}

/** As Go writes it. */
function sorted(resources: Requirements): object {
  const side = (list: Quantities | undefined): object | undefined =>
    list === undefined ? undefined : Object.fromEntries(Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { limits: side(resources?.limits), requests: side(resources?.requests) };
}

function resourcesOf(spec: PodSpec): unknown {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return [
    spec.resources,
    containers.map(({ name, resources }) => [name, resources?.requests ?? {}, resources?.limits ?? {}]),
  ];
}
