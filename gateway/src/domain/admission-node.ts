/** Whether a pod may be on this node at all: operating system, selectors, name, host ports, taints. */
import type { Refusal } from "./admission-fit.js";
import type { Node, Pod } from "./kubernetes.js";
import { matchesNode } from "./node-affinity.js";
import { type HostPort, hostPorts, type NodeUse } from "./node-use.js";

/** Checks before those of room. */
export function systemRefusal(pod: Pod, node: Node): Refusal | undefined {
  return osRefusal(pod, node.status?.nodeInfo?.operatingSystem ?? "linux") ?? groupsRefusal(pod, node);
}

function osRefusal({ metadata, spec }: Pod, os: string): Refusal | undefined {
  if ((metadata.labels?.["kubernetes.io/os"] ?? os) !== os) {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: "PodOSSelectorNodeLabelDoesNotMatch", message };
  }
  if ((spec.os?.name ?? os) === os) return undefined;
  return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
}

function groupsRefusal({ spec }: Pod, node: Node): Refusal | undefined {
  const strict = spec.securityContext?.supplementalGroupsPolicy === "Strict";
  if (!strict || node.status?.features?.supplementalGroupsPolicy === true) return undefined;
  const message = "SupplementalGroupsPolicy=Strict is not supported in this node";
  return { reason: "SupplementalGroupsPolicyNotSupported", message };
}

/** Checks after those of room. */
export function placeRefusal(pod: Pod, node: Node, used: NodeUse): Refusal | undefined {
  if (!matchesNode(pod, node)) return predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  const { nodeName } = pod.spec;
  if (nodeName !== undefined && nodeName !== "" && nodeName !== node.metadata?.name) {
    return predicate("NodeName", "node(s) didn't match the requested node name");
  }
  if (!portsAreFree(pod, used)) {
    return predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  }
  const tolerated = (node.spec?.taints ?? []).every((taint) => taint.effect !== "NoExecute" || tolerates(pod, taint));
  return tolerated ? undefined : predicate("TaintToleration", "node(s) had taints that the pod didn't tolerate");
}

function predicate(name: string, message: string): Refusal {
  return { reason: name, message: `Predicate ${name} failed: ${message}` };
}

function portsAreFree(pod: Pod, used: NodeUse): boolean {
  const wanted = hostPorts(pod);
  return !wanted.some((port) => used.hostPorts.some((taken) => conflicts(port, taken)));
}

function conflicts(a: HostPort, b: HostPort): boolean {
  const sameIP = a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0";
  return a.port === b.port && a.protocol === b.protocol && sameIP;
}

type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

function tolerates(pod: Pod, taint: Taint): boolean {
  return (pod.spec.tolerations ?? []).some(({ effect, key, operator, value = "" }) => {
    if (!isAnyOr(effect, taint.effect) || !isAnyOr(key, taint.key)) return false;
    return operator === "Exists" || (key === taint.key && value === (taint.value ?? ""));
  });
}

function isAnyOr(wanted: string | undefined, actual: string): boolean {
  return wanted === undefined || wanted === "" || wanted === actual;
}
