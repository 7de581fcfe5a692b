/** What the gateway orders, turned into records: new pods, inputs, changes, ends. */
import {
  type CreatePodRequest,
  type PodInputs,
  type PriorContainer,
  StopReason,
  TerminationCause,
  type UpdatePodRequest,
} from "@outboard/contract";
import { refuse } from "../errors.js";
import { containersOf, parseManifest, type PodManifest } from "./manifest.js";
import type { Pod } from "./pod.js";
import { withKinds } from "./reconcile.js";
import { type ContainerRecord, NO_SANDBOX, type PodRecord, type StopOrder } from "./record.js";
import { orUnavailable } from "./store.js";
import { writeVolumes } from "./volumes.js";

/** The record of a pod that is new. @throws StatusError BAD_REQUEST. */
export function newRecord(order: CreatePodRequest): PodRecord {
  const { metadata } = readOrderedManifest(order);
  const prior = order.prior.map((container): [string, ContainerRecord] => [container.name, priorRecord(container)]);
  return {
    version: 1,
    uid: order.uid,
    namespace: metadata.namespace,
    name: metadata.name,
    ...orderFields(order),
    sandbox: NO_SANDBOX,
    round: 0,
    ended: false,
    containers: new Map(prior),
  };
}

function priorRecord(prior: PriorContainer): ContainerRecord {
  return { kind: "main", priorRestarts: prior.restartCount, priorTermination: prior.lastTermination };
}

function orderFields(order: CreatePodRequest | UpdatePodRequest): Pick<
  PodRecord,
  "specRevision" | "specDigest" | "inputVersion"
> & {
  readonly startTime: number;
  readonly deadline?: number | undefined;
} {
  const startTime = "startTime" in order ? order.startTime : undefined;
  return {
    specRevision: order.specRevision,
    specDigest: new Uint8Array(order.specDigest),
    inputVersion: order.inputVersion,
    startTime: startTime?.getTime() ?? 0,
    deadline: order.deadline?.getTime(),
  };
}

function readOrderedManifest(order: CreatePodRequest | UpdatePodRequest): PodManifest {
  try {
    return parseManifest(order.manifest?.json ?? new Uint8Array());
  } catch (error) {
    throw refuse("BAD_REQUEST", error instanceof Error ? error.message : "manifest.json is not a Pod");
  }
}

/** Takes Manifest and inputs of a pod that is new or had lost its inputs; the record is written last. */
export function adoptOrder(pod: Pod, order: CreatePodRequest): void {
  const manifest = readOrderedManifest(order);
  const json = new Uint8Array(order.manifest?.json ?? []);
  orUnavailable(() => pod.context.store.saveManifest(pod.uid, json));
  if (order.inputs !== undefined) pod.context.inputs.save(pod.uid, order.inputs);
  const kinds = new Map(containersOf(manifest).map(({ kind, container }) => [container.name, kind]));
  const { name, namespace } = manifest.metadata;
  pod.commitOrThrow(withKinds({ ...pod.record, ...orderFields(order), name, namespace }, kinds));
  pod.setManifest(json, manifest);
  pod.inputs = order.inputs;
}

/** Puts new inputs in force: files at once, the rest at the next start of each container. */
export async function applyInputs(pod: Pod, inputs: PodInputs, version: bigint): Promise<void> {
  if (pod.record.ended || version <= pod.record.inputVersion) return;
  pod.context.inputs.save(pod.uid, inputs);
  if (pod.record.sandbox.state === "ready") await writeVolumes(pod.volumeHome, pod.manifest, inputs.volumes);
  pod.commitOrThrow({ ...pod.record, inputVersion: version });
  pod.inputs = inputs;
}

/** Puts a new Manifest in force. */
export async function applyUpdate(pod: Pod, update: UpdatePodRequest): Promise<void> {
  const manifest = readOrderedManifest(update);
  const json = new Uint8Array(update.manifest?.json ?? []);
  if (update.inputs !== undefined) await applyInputs(pod, update.inputs, update.inputVersion);
  orUnavailable(() => pod.context.store.saveManifest(pod.uid, json));
  const { specRevision, specDigest, deadline } = orderFields(update);
  pod.commitOrThrow({ ...pod.record, specRevision, specDigest, deadline });
  pod.setManifest(json, manifest);
}

/** The order in force after one more: the first cause and the earliest end. */
export function stopOrder(before: StopOrder | undefined, endAt: number, reason: StopReason): StopOrder {
  if (before === undefined) return { cause: causeOf(reason), endAt };
  return endAt < before.endAt ? { ...before, endAt } : before;
}

function causeOf(reason: StopReason): TerminationCause {
  switch (reason) {
    case StopReason.DEADLINE:
      return TerminationCause.DEADLINE;
    case StopReason.EVICTED:
      return TerminationCause.EVICTED;
    case StopReason.PREEMPTED:
      return TerminationCause.PREEMPTED;
    case StopReason.ORPHAN:
      return TerminationCause.ORPHAN;
    default:
      return TerminationCause.USER;
  }
}
