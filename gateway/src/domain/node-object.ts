/** The Node object, from the configuration, the provider's word and what the API has. Pure; nothing here touches pods. */
import { defined, nonEmpty } from "./defined.js";
import type { Node } from "./kubernetes.js";
import { nodeConditions } from "./node-conditions.js";
import { nodeLabels } from "./node-labels.js";
import { stableId } from "./node-ids.js";
import type { FeatureSupport, NodeFacts, ProviderNode } from "./provider-facts.js";
import { canonicalQuantity } from "./quantity.js";
import { compareText } from "./text.js";

/** What the configuration says of the node. */
export interface NodeIdentity {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Used at registration only; absent: the provider's. */
  readonly taints?: readonly { readonly key: string; readonly value: string; readonly effect: string }[] | undefined;
  /** Used at registration only. */
  readonly unschedulable?: boolean;
  readonly providerID?: string | undefined;
  /** Win over the provider's, if any. */
  readonly addresses?: readonly { readonly type: string; readonly address: string }[] | undefined;
  /** The gateway's own address: stands in when neither says one. */
  readonly ownIP: string;
  /** Semantic version with a leading v, as the API server's. */
  readonly kubeletVersion: string;
  /** Port of the kubelet API. */
  readonly port: number;
  readonly clusterId: string;
  /** Random id of this boot of the gateway's machine; absent: derived. */
  readonly bootId?: string | undefined;
  /** Node features that the gateway itself provides. */
  readonly declaredFeatures?: readonly string[];
}

/** What the provider says. */
export interface NodeProvider {
  readonly info: {
    readonly features: ReadonlyMap<string, FeatureSupport>;
    readonly capabilities: ReadonlySet<string>;
  };
  readonly node: Pick<ProviderNode, "state" | "reason" | "message" | "inventoryComplete">;
  readonly facts: NodeFacts;
  /** Set: it has not answered for longer than its answer holds. */
  readonly silent?: { readonly reason: string; readonly message: string } | undefined;
}

/** Annotation that keeps the cluster's id over a change of its CA. */
export const CLUSTER_ID_ANNOTATION = "outboard.dev/cluster-id";

/** The Node as it should be. `found`: as the API has it; spec and foreign parts of it stay. */
export function computeNode(
  identity: NodeIdentity,
  provider: NodeProvider,
  found: Node | undefined,
  now: number,
): Node {
  const { metadata = {}, status = {}, spec = firstSpec(identity, provider.facts), ...rest } = found ?? {};
  const annotations = { ...identity.annotations, [CLUSTER_ID_ANNOTATION]: identity.clusterId };
  const conditions = nodeConditions(provider, status.conditions ?? [], now);
  return {
    ...rest,
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      ...metadata,
      name: identity.name,
      labels: { ...metadata.labels, ...nodeLabels(identity, provider.facts) },
      annotations: { ...metadata.annotations, ...annotations },
    },
    spec,
    status: { ...status, ...nodeStatus(identity, provider), conditions },
  };
}

/** Whether the Node is shown as ready. */
export function readyOf(node: Node | undefined): boolean {
  return node?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

function firstSpec(identity: NodeIdentity, facts: NodeFacts): NonNullable<Node["spec"]> {
  const taints = (identity.taints ?? facts.taints).map(({ key, value, effect }) =>
    defined({ key, value: nonEmpty(value), effect }),
  );
  return defined({
    providerID: nonEmpty(identity.providerID ?? ""),
    taints: taints.length === 0 ? undefined : taints,
    unschedulable: identity.unschedulable === true ? true : undefined,
  });
}

function nodeStatus(identity: NodeIdentity, provider: NodeProvider): NonNullable<Node["status"]> {
  const { facts } = provider;
  const allocatable = Object.keys(facts.allocatable).length === 0 ? facts.capacity : facts.allocatable;
  return defined({
    capacity: canonical(facts.capacity),
    allocatable: canonical(allocatable),
    addresses: nodeAddresses(identity, facts),
    daemonEndpoints: { kubeletEndpoint: { Port: identity.port } },
    nodeInfo: nodeInfo(identity, facts),
    images: facts.images.length === 0 ? undefined : nodeImages(facts),
    runtimeHandlers: runtimeHandlers(facts),
    features: facts.supplementalGroupsPolicy === undefined ? undefined : supplemental(facts.supplementalGroupsPolicy),
    declaredFeatures: declaredFeatures(identity, provider),
  });
}

function supplemental(supplementalGroupsPolicy: boolean): { readonly supplementalGroupsPolicy: boolean } {
  return { supplementalGroupsPolicy };
}

function canonical(list: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(list).map(([name, value]) => [name, canonicalQuantity(value)]));
}

/** Each pair once; the host name last. */
function nodeAddresses(
  identity: NodeIdentity,
  facts: NodeFacts,
): readonly { readonly type: string; readonly address: string }[] {
  const own = [{ type: "InternalIP", address: identity.ownIP }];
  const said = identity.addresses ?? (facts.addresses.length > 0 ? facts.addresses : own);
  const hostname = said.filter(({ type }) => type === "Hostname");
  const last = hostname.length > 0 ? hostname : [{ type: "Hostname", address: identity.name }];
  const all = [...said.filter(({ type }) => type !== "Hostname"), ...last];
  const pairs = new Map(all.map(({ type, address }) => [`${type}/${address}`, { type, address }]));
  return [...pairs.values()];
}

function nodeInfo(identity: NodeIdentity, facts: NodeFacts): NonNullable<NonNullable<Node["status"]>["nodeInfo"]> {
  const { name, clusterId } = identity;
  const machine = stableId(clusterId, name, "machine");
  return {
    machineID: machine,
    systemUUID: machine,
    bootID: identity.bootId ?? stableId(clusterId, name, "boot"),
    kernelVersion: facts.kernelVersion,
    osImage: facts.osImage,
    containerRuntimeVersion: `${facts.runtimeName}://${facts.runtimeVersion}`,
    kubeletVersion: identity.kubeletVersion,
    kubeProxyVersion: "",
    operatingSystem: facts.operatingSystem || "linux",
    architecture: facts.architecture,
  };
}

const MOST_IMAGES = 50;
const MOST_NAMES = 5;

function nodeImages(facts: NodeFacts): NonNullable<NonNullable<Node["status"]>["images"]> {
  return facts.images
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MOST_IMAGES)
    .map(({ names, sizeBytes }) => {
      const digests = names.filter((name) => name.includes("@")).slice(0, MOST_NAMES);
      const tags = names.filter((name) => !name.includes("@")).slice(0, MOST_NAMES);
      return defined({ names: [...digests, ...tags], sizeBytes: sizeBytes === 0 ? undefined : sizeBytes });
    });
}

function runtimeHandlers(facts: NodeFacts): NonNullable<Node["status"]>["runtimeHandlers"] | undefined {
  if (facts.runtimeHandlers.length === 0) return undefined;
  return facts.runtimeHandlers
    .toSorted((a, b) => compareText(a.name, b.name))
    .map(({ name, recursiveReadOnlyMounts, userNamespaces }) => ({
      name,
      features: defined({ recursiveReadOnlyMounts, userNamespaces }),
    }));
}

/** Features of the registry that Kubernetes knows under a name of its own. */
const KUBERNETES_NAMES: Readonly<Record<string, string>> = {
  "restart_policy.all_containers": "RestartAllContainersOnContainerExits",
};
/** Those about resizes, by what is resized. */
const RESIZE_NAMES: Readonly<Record<string, string>> = {
  "resources.pod_level": "InPlacePodLevelResourcesVerticalScaling",
  init_containers: "InPlacePodVerticalScalingInitContainers",
};

function declaredFeatures(identity: NodeIdentity, provider: NodeProvider): readonly string[] | undefined {
  const resizes = provider.info.capabilities.has("update.resources") ? Object.entries(RESIZE_NAMES) : [];
  const fromProvider = [...Object.entries(KUBERNETES_NAMES), ...resizes]
    .filter(([id]) => provider.info.features.get(id)?.level === "honoured")
    .map(([, name]) => name);
  const all = [...new Set([...(identity.declaredFeatures ?? []), ...fromProvider])];
  return all.length === 0 ? undefined : all.sort(compareText);
}
