/** Changes of a simulated pod from outside: new inputs and new Manifests. Pure. */
import {
  type CreatePodRequest,
  type InputError,
  PodChange,
  type PodInputs,
  type Resources,
  type UpdatePodRequest,
} from "@outboard/contract";
import { containersOf, graceMsOf, type PodManifest } from "@outboard/provider-sdk";
import { planEnd } from "./container.js";
import { createContainer, versionsOf } from "./create.js";
import type { SimContainer, SimPod } from "./state.js";

/**
 * Puts inputs in force: resources at once. Containers whose inputs have an error wait with it; those that waited so and have
 * none any more get their turn again.
 */
export function applyInputs(pod: SimPod, inputs: PodInputs, now: number): SimPod {
  const containers = pod.containers.map((container): SimContainer => {
    const own = inputs.containers.find(({ name }) => name === container.name);
    return withError(withResources(container, own?.resources), own?.error);
  });
  return { ...pod, at: now, containers };
}

function withError(container: SimContainer, error: InputError | undefined): SimContainer {
  const { kind } = container.now;
  if (error !== undefined && (kind === "idle" || kind === "unfit")) {
    return { ...container, now: { kind: "unfit", reason: error.reason, message: error.message } };
  }
  return error === undefined && kind === "unfit" ? { ...container, now: { kind: "idle" } } : container;
}

function withResources(container: SimContainer, resources: Resources | undefined): SimContainer {
  const { resources: _, ...rest } = container;
  if (resources === undefined) return rest;
  return { ...rest, resources: { requests: [...resources.requests], limits: [...resources.limits] } };
}

/** Puts the listed kinds of change of a new Manifest in force. */
export function applyUpdate(pod: SimPod, update: UpdatePodRequest, manifest: PodManifest, now: number): SimPod {
  const { inputVersion, ...versions } = versionsOf(update);
  const isNewer = BigInt(inputVersion) > BigInt(pod.inputVersion);
  const updated: SimPod = { ...pod, ...versions, ...(isNewer ? { inputVersion } : {}), at: now };
  return update.changes.reduce((before, change) => applyChange(before, change, { update, manifest, now }), updated);
}

/** What a repeated CreatePod brings to a pod that had lost its inputs: its Manifest is in force, changed or not. */
export function applyRestored(pod: SimPod, order: CreatePodRequest, manifest: PodManifest, now: number): SimPod {
  const restored: SimPod = { ...pod, ...versionsOf(order), needsInputs: false, at: now };
  return RESTORED.reduce((before, change) => applyChange(before, change, { update: order, manifest, now }), restored);
}

const RESTORED = [PodChange.IMAGE, PodChange.EPHEMERAL_CONTAINERS, PodChange.GRACE, PodChange.DEADLINE] as const;

interface Update {
  readonly update: Pick<UpdatePodRequest, "deadline">;
  readonly manifest: PodManifest;
  readonly now: number;
}

function applyChange(pod: SimPod, change: PodChange, { update, manifest, now }: Update): SimPod {
  switch (change) {
    case PodChange.IMAGE:
      return { ...pod, containers: pod.containers.map((container) => applyImage(container, manifest, now)) };
    case PodChange.EPHEMERAL_CONTAINERS:
      return { ...pod, containers: [...pod.containers, ...newEphemeral(pod, manifest)] };
    case PodChange.GRACE:
      return { ...pod, graceMs: graceMsOf(manifest) };
    case PodChange.DEADLINE:
      return applyDeadline(pod, update.deadline);
    default:
      return pod; // metadata, resources and tolerations have no effect that a simulation could show
  }
}

/** A new image ends the running instance; the next one follows at once. */
function applyImage(container: SimContainer, manifest: PodManifest, now: number): SimContainer {
  const wanted = containersOf(manifest).find((named) => named.container.name === container.name)?.container.image;
  if (wanted === undefined || wanted === container.image) return container;
  const end = { exitCode: container.script.termExitCode, reason: "Completed", message: "", replace: true };
  return planEnd({ ...container, image: wanted }, now, end);
}

function newEphemeral(pod: SimPod, manifest: PodManifest): readonly SimContainer[] {
  return containersOf(manifest)
    .filter(
      ({ kind, container }) => kind === "ephemeral" && !pod.containers.some(({ name }) => name === container.name),
    )
    .map((named) => createContainer(manifest, named, []));
}

function applyDeadline(pod: SimPod, deadline: Date | undefined): SimPod {
  const { deadline: _, ...rest } = pod;
  return deadline === undefined ? rest : { ...rest, deadline: deadline.getTime() };
}
