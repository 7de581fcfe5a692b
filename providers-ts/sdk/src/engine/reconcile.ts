/** Brings a record up to what the runtime says exists, after a start of the provider. Pure. */
import { lostEnding } from "./ending.js";
import type { ContainerKindName } from "./manifest.js";
import {
  type ContainerRecord,
  type Instance,
  NO_SANDBOX,
  type PodRecord,
  withContainer,
  withEnding,
  withInstance,
} from "./record.js";
import type { ContainerExit, RuntimeContainer, RuntimePod } from "./runtime.js";

/** What reconciling found. */
export interface Reconciled {
  readonly record: PodRecord;
  /** Ends that happened meanwhile, to be noted with their messages. */
  readonly exits: readonly { readonly name: string; readonly attempt: number; readonly exit: ContainerExit }[];
}

/** Takes over what the runtime has. Undefined: it has nothing of the pod. */
export function reconcile(
  record: PodRecord,
  found: RuntimePod | undefined,
  kindOf: (container: string) => ContainerKindName,
  now: number,
): Reconciled {
  if (record.ended) return { record, exits: [] };
  const seen = found?.containers ?? [];
  const adopted = seen
    .toSorted((left, right) => left.attempt - right.attempt)
    .reduce((pod, container) => adopt(pod, container, kindOf), record);
  const withoutLost = markLost(adopted, seen, now);
  return { record: reconcileSandbox(withoutLost, found), exits: exitsOf(withoutLost, seen) };
}

/** Notes an instance whose start the record does not have. */
function adopt(record: PodRecord, seen: RuntimeContainer, kindOf: (container: string) => ContainerKindName): PodRecord {
  const known = record.containers.get(seen.name)?.current;
  if (known !== undefined && known.attempt >= seen.attempt) return record;
  const { attempt, id, startedAt, image, imageId, user, mounts, resources } = seen;
  const instance: Instance = {
    attempt,
    id,
    startedAt,
    image,
    imageId,
    user,
    mounts,
    resources,
    round: record.round,
    specImage: image,
  };
  return withInstance(record, seen.name, kindOf(seen.name), instance);
}

/** Instances that ran and are gone: their exit code is not known. */
function markLost(record: PodRecord, seen: readonly RuntimeContainer[], now: number): PodRecord {
  const lost = [...record.containers].filter(([name, container]) => isLost(name, container, seen));
  return lost.reduce(
    (pod, [name, { current }]) => withEnding(pod, name, current?.attempt ?? 0, lostEnding(now)),
    record,
  );
}

function isLost(name: string, { current }: ContainerRecord, seen: readonly RuntimeContainer[]): boolean {
  if (current === undefined || current.ending !== undefined) return false;
  return !seen.some((container) => container.name === name && container.attempt === current.attempt);
}

function exitsOf(record: PodRecord, seen: readonly RuntimeContainer[]): Reconciled["exits"] {
  return seen.flatMap(({ name, attempt, exit }) => {
    const current = record.containers.get(name)?.current;
    const isNews = exit !== undefined && current?.attempt === attempt && current.ending === undefined;
    return isNews ? [{ name, attempt, exit }] : [];
  });
}

function reconcileSandbox(record: PodRecord, found: RuntimePod | undefined): PodRecord {
  const isThere = found?.sandbox !== undefined && found.sandboxReady;
  if (isThere && found.sandbox !== undefined) {
    const { id, podIPs, hostIPs } = found.sandbox;
    return { ...record, sandbox: { state: "ready", id, podIPs, hostIPs } };
  }
  return withoutSandbox(record);
}

/** The sandbox no longer works: a new round begins, unless the pod is ending anyway. */
export function withoutSandbox(record: PodRecord): PodRecord {
  if (record.sandbox.state !== "ready") return record;
  if (record.stop !== undefined || record.finishing === true)
    return { ...record, sandbox: { ...record.sandbox, state: "gone" } };
  return { ...record, sandbox: NO_SANDBOX, round: record.round + 1, sandboxLost: true };
}

/** A record for objects of the runtime whose record is lost: enough to show them and to end them. */
export function recordOfFound(found: RuntimePod, now: number): PodRecord {
  return {
    version: 1,
    uid: found.uid,
    namespace: "",
    name: "",
    specRevision: 0n,
    specDigest: new Uint8Array(),
    inputVersion: 0n,
    startTime: now,
    sandbox: NO_SANDBOX,
    round: 0,
    ended: false,
    containers: new Map(found.containers.map(({ name }) => [name, { kind: "main" }])),
  };
}

/** Gives containers the kinds of a Manifest that came back. */
export function withKinds(record: PodRecord, kinds: ReadonlyMap<string, ContainerKindName>): PodRecord {
  return [...kinds].reduce((pod, [name, kind]) => {
    const container = pod.containers.get(name);
    return container === undefined ? pod : withContainer(pod, name, { ...container, kind });
  }, record);
}
