/** Inputs and orders: domain values in, generated messages out. */
import {
  AddressSlot,
  type ContainerInputs as WireContainerInputs,
  type CreatePodRequest,
  ContainerTerminated as WireTerminated,
  type Feature,
  featureOf,
  type FileInput as WireFile,
  PodChange,
  type PodInputs as WireInputs,
  type Resources as WireResources,
  StopReason as WireStopReason,
  type UpdatePodRequest,
  type Value as WireValue,
  type ValuePart as WirePart,
} from "@outboard/contract";
import { createHash } from "node:crypto";
import { defined } from "../domain/defined.js";
import type { ContainerInputs, FileInput, PodInputs, Value, ValuePart } from "../domain/inputs.js";
import type { Resources, Terminated } from "../domain/observation.js";
import type { CreateOrder, PodOrder, StopReason, UpdateOrder } from "../ports/provider.js";

const SLOTS = {
  podIP: AddressSlot.POD_IP,
  podIPs: AddressSlot.POD_IPS,
  hostIP: AddressSlot.HOST_IP,
  hostIPs: AddressSlot.HOST_IPS,
} as const;

const STOP_REASONS: Readonly<Record<StopReason, WireStopReason>> = {
  user: WireStopReason.USER,
  deadline: WireStopReason.DEADLINE,
  evicted: WireStopReason.EVICTED,
  preempted: WireStopReason.PREEMPTED,
  orphan: WireStopReason.ORPHAN,
};

const CHANGES: Readonly<Record<string, PodChange>> = {
  image: PodChange.IMAGE,
  metadata: PodChange.METADATA,
  resources: PodChange.RESOURCES,
  ephemeral_containers: PodChange.EPHEMERAL_CONTAINERS,
  tolerations: PodChange.TOLERATIONS,
  grace: PodChange.GRACE,
  deadline: PodChange.DEADLINE,
};

/** Maps a pod to create. */
export function toCreateRequest(order: CreateOrder): CreatePodRequest {
  return {
    ...toOrder(order),
    startTime: new Date(order.startTime),
    prior: order.prior.map((prior) => ({
      name: prior.name,
      restartCount: prior.restartCount,
      ...defined({ lastTermination: prior.lastTermination && toTerminated(prior.lastTermination) }),
    })),
  };
}

/** Maps a pod to change. */
export function toUpdateRequest(order: UpdateOrder): UpdatePodRequest {
  return { ...toOrder(order), changes: order.changes.map((kind) => CHANGES[kind] ?? PodChange.UNSPECIFIED) };
}

/** Maps a stop reason. */
export function toStopReason(reason: StopReason): WireStopReason {
  return STOP_REASONS[reason];
}

/** Maps inputs. */
export function toInputs(inputs: PodInputs): WireInputs {
  return {
    containers: inputs.containers.map(toContainerInputs),
    volumes: inputs.volumes.map((volume) => ({ name: volume.name, files: volume.files.map(toFile) })),
    imageVolumes: inputs.imageVolumes ?? [],
    hostname: inputs.hostname,
    podHostNames: inputs.podHostNames,
    hosts: inputs.hosts,
    runtimeHandler: inputs.runtimeHandler,
    admittedFeatures: inputs.admittedFeatures.map((id) => featureOf(id)?.number).filter(isFeature),
    ...defined({ dns: inputs.dns, resources: inputs.resources && toResources(inputs.resources) }),
  };
}

function isFeature(number: number | undefined): number is Feature {
  return number !== undefined;
}

function toOrder(order: PodOrder) {
  return {
    uid: order.uid,
    specRevision: order.specRevision,
    specDigest: Buffer.from(order.specDigest, "hex"),
    manifest: { json: order.manifest },
    inputs: toInputs(order.inputs),
    inputVersion: order.inputVersion,
    ...defined({ deadline: toDate(order.deadline) }),
  };
}

function toContainerInputs(inputs: ContainerInputs): WireContainerInputs {
  return {
    name: inputs.name,
    env: inputs.env.map(({ name, value }) => ({ name, value: toValue(value) })),
    command: inputs.command.map(toValue),
    args: inputs.args.map(toValue),
    subPaths: inputs.subPaths.map(({ mountPath, path }) => ({ mountPath, path: toValue(path) })),
    registryCredentials: inputs.registryCredentials,
    ...defined({ resources: inputs.resources && toResources(inputs.resources), error: inputs.error }),
  };
}

function toValue(value: Value): WireValue {
  return { parts: value.map((part) => ({ part: toPart(part) })) };
}

function toPart(part: ValuePart): NonNullable<WirePart["part"]> {
  switch (part.kind) {
    case "literal":
      return { $case: "literal", value: part.bytes };
    case "address":
      return { $case: "address", value: SLOTS[part.slot] };
    case "fileKey": {
      const { volume, path, key, optional, ifMissing } = part;
      return { $case: "fileKey", value: { volume, path, key, optional, ...defined({ ifMissing }) } };
    }
  }
}

function toFile(file: FileInput): WireFile {
  return {
    path: file.path,
    mode: file.mode,
    sha256: createHash("sha256").update(file.content).digest(),
    content: file.content,
    sensitive: file.sensitive,
    ...defined({ uid: file.uid, gid: file.gid, expiresAt: toDate(file.expiresAt) }),
  };
}

function toResources(resources: Resources): WireResources {
  return { requests: new Map(Object.entries(resources.requests)), limits: new Map(Object.entries(resources.limits)) };
}

function toTerminated(terminated: Terminated): WireTerminated {
  const { since, until, ...rest } = terminated;
  return WireTerminated.fromPartial({
    ...rest,
    ...defined({ since: toDate(since), until: toDate(until) }),
  });
}

function toDate(time: string | undefined): Date | undefined {
  return time === undefined || time === "" ? undefined : new Date(time);
}
