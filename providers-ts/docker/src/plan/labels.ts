/** Names and labels of our containers. All that is needed to find a pod again is here: nothing else remembers. */
import { createHash } from "node:crypto";
import type { ContainerSpec, Owner, SandboxSpec } from "@outboard/provider-sdk";

/** Who a container is, as its labels say. */
export interface Identity {
  readonly uid: string;
  readonly namespace: string;
  readonly pod: string;
  /** Empty: the infra container. */
  readonly container: string;
  readonly attempt: number;
  /** Where its log is written; the infra container has none. */
  readonly logPath: string;
  /** Image as the pod names it. */
  readonly image: string;
}

const PREFIX = "dev.outboard";
const KEYS = {
  owner: `${PREFIX}.owner`,
  cluster: `${PREFIX}.cluster`,
  node: `${PREFIX}.node`,
  uid: `${PREFIX}.uid`,
  namespace: `${PREFIX}.namespace`,
  pod: `${PREFIX}.pod`,
  container: `${PREFIX}.container`,
  attempt: `${PREFIX}.attempt`,
  logPath: `${PREFIX}.log-path`,
  image: `${PREFIX}.image`,
  volumes: `${PREFIX}.volumes`,
  folder: `${PREFIX}.folder`,
  sharesProcesses: `${PREFIX}.shares-processes`,
} as const;

/** Short and exact: cluster ids may hold anything. */
export function ownerMark({ clusterId, nodeName }: Owner): string {
  return createHash("sha256")
    .update(JSON.stringify([clusterId, nodeName]))
    .digest("hex")
    .slice(0, 24);
}

/** The filter that finds what belongs to an owner, or one pod of it. */
export function ownerFilter(owner: Owner, uid?: string): readonly string[] {
  return [`${KEYS.owner}=${ownerMark(owner)}`, ...(uid === undefined ? [] : [`${KEYS.uid}=${uid}`])];
}

/** @param attempt counts the pod's infra containers: the last one counts, earlier ones have ended */
export function infraLabels(spec: SandboxSpec, owner: Owner, attempt: number): Readonly<Record<string, string>> {
  return {
    ...podLabels(spec.uid, owner),
    [KEYS.namespace]: spec.namespace,
    [KEYS.pod]: spec.name,
    [KEYS.container]: "",
    [KEYS.attempt]: String(attempt),
    [KEYS.folder]: spec.folder,
    [KEYS.sharesProcesses]: String(spec.shareProcessNamespace),
  };
}

export function containerLabels(spec: ContainerSpec, infra: Identity, owner: Owner): Readonly<Record<string, string>> {
  const volumes = spec.mounts.map(({ volume, mountPath, readOnly }) => [volume, mountPath, readOnly]);
  return {
    ...podLabels(spec.uid, owner),
    [KEYS.namespace]: infra.namespace,
    [KEYS.pod]: infra.pod,
    [KEYS.container]: spec.name,
    [KEYS.attempt]: String(spec.attempt),
    [KEYS.logPath]: spec.logPath,
    [KEYS.image]: spec.image,
    [KEYS.volumes]: JSON.stringify(volumes),
  };
}

function podLabels(uid: string, owner: Owner): Readonly<Record<string, string>> {
  return {
    [KEYS.owner]: ownerMark(owner),
    [KEYS.cluster]: owner.clusterId,
    [KEYS.node]: owner.nodeName,
    [KEYS.uid]: uid,
  };
}

/** Undefined: not one of ours. */
export function readIdentity(labels: Readonly<Record<string, string>> | null | undefined): Identity | undefined {
  const uid = labels?.[KEYS.uid];
  const container = labels?.[KEYS.container];
  if (labels === null || labels === undefined || uid === undefined || container === undefined) return undefined;
  return {
    uid,
    container,
    namespace: labels[KEYS.namespace] ?? "",
    pod: labels[KEYS.pod] ?? "",
    attempt: Number(labels[KEYS.attempt] ?? 0),
    logPath: labels[KEYS.logPath] ?? "",
    image: labels[KEYS.image] ?? "",
  };
}

/** What the infra container remembers for the others. */
export function readInfraNotes(labels: Readonly<Record<string, string>> | null | undefined): {
  readonly folder: string;
  readonly sharesProcesses: boolean;
} {
  return { folder: labels?.[KEYS.folder] ?? "", sharesProcesses: labels?.[KEYS.sharesProcesses] === "true" };
}

/** Volumes as the container got them: name, path, read-only. */
export function readVolumes(
  labels: Readonly<Record<string, string>> | null | undefined,
): readonly (readonly [volume: string, mountPath: string, readOnly: boolean])[] {
  try {
    return JSON.parse(labels?.[KEYS.volumes] ?? "[]") as ReturnType<typeof readVolumes>;
  } catch {
    return [];
  }
}

export function infraName(spec: Pick<SandboxSpec, "uid" | "namespace" | "name">, attempt: number): string {
  return `outboard_POD_${spec.name}_${spec.namespace}_${spec.uid}_${String(attempt)}`;
}

/** For people; the attempt makes it unique, so that a repeated create cannot make a second one. */
export function containerName(spec: Pick<ContainerSpec, "uid" | "name" | "attempt">, infra: Identity): string {
  return `outboard_${spec.name}_${infra.pod}_${infra.namespace}_${spec.uid}_${String(spec.attempt)}`;
}
