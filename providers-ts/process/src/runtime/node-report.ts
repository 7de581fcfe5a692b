/** The node as the machine is, and what holds on it, for people. */
import { availableParallelism, hostname, totalmem } from "node:os";
import {
  diskSize,
  hostAddresses,
  hostState,
  KUBELET_HOLDS_BACK,
  nodeResources,
  type NodeReport,
  reachableDNS,
} from "@outboard/provider-sdk";
import type { Machine } from "../machine/machine.js";
import { VERSION } from "../version.js";

export interface NodeFacts {
  readonly machine: Machine;
  readonly maxPods: number;
  readonly network?: unknown;
  readonly state: string;
}

const ISOLATION_TEXT = {
  root: "mount, process, host name and ipc namespaces per pod",
  user: "namespaces inside a user namespace; one user only",
  none: "none: plain process groups on the host",
} as const;

/** @param foreign names of pods whose shims another version of this provider has started */
export function reportNode({ machine, maxPods, network, state }: NodeFacts, foreign: readonly string[]): NodeReport {
  return {
    ...stateOf(foreign),
    node: {
      ...nodeResources(
        {
          cpuMillis: availableParallelism() * 1000,
          memoryBytes: totalmem(),
          storageBytes: diskSize(state),
          maxPods,
        },
        KUBELET_HOLDS_BACK,
      ),
      dns: reachableDNS(),
      conditions: [],
      addresses: [
        ...hostAddresses().map((address) => ({ type: "InternalIP", address })),
        { type: "Hostname", address: hostname() },
      ],
      labels: new Map(),
      taints: [],
      ...hostState(),
      containerRuntimeName: "process",
      containerRuntimeVersion: VERSION,
      runtimeHandlers: [{ name: "" }],
      images: [],
    },
    info: new Map([
      ["isolation", ISOLATION_TEXT[machine.isolation]],
      [
        "network",
        network === undefined
          ? "host: pods share the host's addresses"
          : "bridge: an address per pod, reachable from this host",
      ],
      ["limits", limitsText(machine)],
      ["users", machine.privileges ? "user ids and capabilities as asked for" : "the provider's own user only"],
      ["images", "none are pulled: names stand for folders of this host"],
      ...[...machine.notes].map(([name, text]) => [`missing ${name}`, text] as const),
    ]),
  };
}

function stateOf(foreign: readonly string[]): Pick<NodeReport, "state" | "reason" | "message"> {
  if (foreign.length === 0) return { state: "ready" };
  const names = foreign.slice(0, 5).join(", ");
  return {
    state: "degraded",
    reason: "ShimVersion",
    message: `${String(foreign.length)} pods were started by another version and run on as last seen; they can only be ended: ${names}`,
  };
}

function limitsText({ cgroups }: Machine): string {
  const names = new Set(cgroups.flatMap(({ controllers }) => controllers));
  const kept = ["memory", "cpu"].filter((name) => names.has(name));
  return kept.length === 0 ? "none are kept" : `${kept.join(" and ")} by control groups`;
}
