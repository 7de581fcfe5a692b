/** The node as machine and runtime are. */
import { hostname } from "node:os";
import type { ContainerImage, DNSConfig, NodeState } from "@outboard/contract";
import { type HeldBack, hostState, type MachineAmounts, nodeResources, type NodeReport } from "@outboard/provider-sdk";
import type { Image } from "../gen/runtime/v1/api.js";
import type { Health } from "./health.js";
import type { RuntimeFacts } from "./probe.js";

/** What the runtime does not know. */
export interface HostFacts {
  readonly machine: MachineAmounts;
  /** Taken from what pods may use. */
  readonly held: HeldBack;
  /** Its resolv.conf, as it is now; undefined: not known. */
  readonly dns: () => DNSConfig | undefined;
}

export interface NodeFacts extends HostFacts {
  readonly facts: RuntimeFacts;
  readonly health: Health;
  readonly addresses: readonly string[];
  readonly info: ReadonlyMap<string, string>;
}

export function reportNode(node: NodeFacts): NodeReport {
  return { ...stateOf(node.health), node: nodeState(node), info: node.info };
}

/** Worded as the kubelet words it. */
function stateOf({ trouble, conditions }: Health): Pick<NodeReport, "state" | "reason" | "message"> {
  if (trouble !== undefined) {
    return { state: "broken", reason: "KubeletNotReady", message: `container runtime is down: ${trouble}` };
  }
  for (const [type, what] of CONDITIONS) {
    const condition = conditions.find((one) => one.type === type);
    if (condition?.status !== false) continue;
    const { reason, message } = condition;
    const text = `container runtime ${what}not ready: ${type}=false reason:${reason} message:${message}`;
    return { state: "broken", reason: "KubeletNotReady", message: text };
  }
  return { state: "ready" };
}

const CONDITIONS = [
  ["RuntimeReady", ""],
  ["NetworkReady", "network "],
] as const;

function nodeState({ facts, health, addresses, machine, held, dns }: NodeFacts): NodeState {
  return {
    ...nodeResources(machine, held),
    conditions: [],
    addresses: [
      ...addresses.map((address) => ({ type: "InternalIP", address })),
      { type: "Hostname", address: hostname() },
    ],
    labels: new Map(),
    taints: [],
    ...hostState(),
    containerRuntimeName: facts.name,
    containerRuntimeVersion: health.version,
    runtimeHandlers: handlersOf(facts),
    supplementalGroupsPolicy: facts.supplementalGroupsPolicy,
    images: toImages(health.images),
    dns: dns(),
  };
}

function handlersOf({ handlers }: RuntimeFacts): NodeState["runtimeHandlers"] {
  if (handlers.length === 0) return [{ name: "" }];
  return handlers.map(({ name, features }) => ({
    name,
    recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts,
    userNamespaces: false,
  }));
}

function toImages(images: readonly Image[]): readonly ContainerImage[] {
  const largest = images.toSorted((left, right) => Number(right.size - left.size)).slice(0, 50);
  return largest.map(({ repoDigests, repoTags, size }) => ({
    names: [...repoDigests, ...repoTags].slice(0, 10),
    sizeBytes: size,
  }));
}
