/** Labels and annotations: the kubelet's, so that tools know our pods, and two of our own, so that we know them. Pure. */
import type { ContainerSpec, Owner } from "@outboard/provider-sdk";
import type { ContainerJson, PodJson } from "./pod-json.js";

export const POD_NAME = "io.kubernetes.pod.name";
export const POD_NAMESPACE = "io.kubernetes.pod.namespace";
export const POD_UID = "io.kubernetes.pod.uid";
export const CONTAINER_NAME = "io.kubernetes.container.name";
const CLUSTER = "outboard.dev/cluster";
const NODE = "outboard.dev/node";

/** What everything of an owner carries. */
export function ownerLabels({ clusterId, nodeName }: Owner): ReadonlyMap<string, string> {
  return new Map([
    [CLUSTER, clusterId],
    [NODE, nodeName],
  ]);
}

export interface PodNames {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export function podLabels(pod: PodNames, json: PodJson, owner: Owner): Map<string, string> {
  return new Map([...Object.entries(json.metadata?.labels ?? {}), ...nameLabels(pod), ...ownerLabels(owner)]);
}

export function containerLabels(pod: PodNames, container: string, owner: Owner): Map<string, string> {
  return new Map([...nameLabels(pod), [CONTAINER_NAME, container], ...ownerLabels(owner)]);
}

function nameLabels({ uid, namespace, name }: PodNames): readonly (readonly [string, string])[] {
  return [
    [POD_NAME, name],
    [POD_NAMESPACE, namespace],
    [POD_UID, uid],
  ];
}

export function containerAnnotations(spec: ContainerSpec, json: ContainerJson): Map<string, string> {
  return new Map([
    ["io.kubernetes.container.restartCount", String(spec.attempt)],
    ["io.kubernetes.container.terminationMessagePath", spec.terminationMessagePath],
    ["io.kubernetes.container.terminationMessagePolicy", json.terminationMessagePolicy ?? "File"],
    ...(json.ports === undefined || json.ports.length === 0
      ? []
      : [["io.kubernetes.container.ports", JSON.stringify(json.ports)] as const]),
  ]);
}
