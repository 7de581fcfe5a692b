/** Labels of the Node: ours, the operator's, and those of the provider's that a node may set. */
import type { NodeFacts } from "./provider-facts.js";

const SETTABLE: ReadonlySet<string> = new Set([
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/instance-type",
]);

/** Whether NodeRestriction lets a node set the label on itself. */
export function isSettableLabel(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0 || SETTABLE.has(key)) return true;
  const domain = key.slice(0, slash);
  if (isIn(domain, "kubelet.kubernetes.io") || isIn(domain, "node.kubernetes.io")) return true;
  return !isIn(domain, "kubernetes.io") && !isIn(domain, "k8s.io");
}

/** All labels of the Node, ours last. */
export function nodeLabels(
  identity: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  facts: NodeFacts,
): Readonly<Record<string, string>> {
  const provided = Object.entries(facts.labels).filter(([key]) => isSettableLabel(key));
  const os = facts.operatingSystem || "linux";
  return {
    ...Object.fromEntries(provided),
    "kubernetes.io/hostname": identity.name,
    "kubernetes.io/os": os,
    "kubernetes.io/arch": facts.architecture,
    "beta.kubernetes.io/os": os,
    "beta.kubernetes.io/arch": facts.architecture,
    ...identity.labels,
  };
}

function isIn(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`);
}
