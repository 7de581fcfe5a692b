/** Conditions of the Node: the pressures, what else the provider knows, foreign ones, and Ready at the end. */
import { kubeTime } from "./kube-time.js";
import type { Node } from "./kubernetes.js";
import type { NodeFacts, ProviderNode } from "./provider-facts.js";

/** One condition. */
export type NodeCondition = NonNullable<NonNullable<Node["status"]>["conditions"]>[number];

/** What they depend on. */
export interface NodeHealth {
  readonly node: Pick<ProviderNode, "state" | "reason" | "message" | "inventoryComplete">;
  readonly facts: Pick<NodeFacts, "conditions">;
  readonly silent?: { readonly reason: string; readonly message: string } | undefined;
}

type Draft = Pick<NodeCondition, "type" | "status" | "reason" | "message">;

/** The whole list; times of a status that did not change are kept. */
export function nodeConditions(
  health: NodeHealth,
  found: readonly NodeCondition[],
  now: number,
): readonly NodeCondition[] {
  const said = health.facts.conditions.filter(({ type }) => type !== "Ready");
  const others = said.filter(({ type }) => !PRESSURES.some((pressure) => pressure.type === type));
  const own: readonly Draft[] = [...PRESSURES.map((pressure) => pressureOf(pressure, said)), ...others, ready(health)];
  const foreign = found.filter(({ type }) => !own.some((draft) => draft.type === type));
  return [...foreign, ...own.map((draft) => stamp(draft, found, now))];
}

interface Pressure {
  readonly type: string;
  readonly good: readonly [reason: string, message: string];
  readonly bad: readonly [reason: string, message: string];
}

const PRESSURES: readonly Pressure[] = [
  {
    type: "MemoryPressure",
    good: ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    bad: ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
  },
  {
    type: "DiskPressure",
    good: ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    bad: ["KubeletHasDiskPressure", "kubelet has disk pressure"],
  },
  {
    type: "PIDPressure",
    good: ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    bad: ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
  },
];

function pressureOf(pressure: Pressure, said: NodeFacts["conditions"]): Draft {
  const word = said.find(({ type }) => type === pressure.type);
  const status = word?.status ?? "False";
  const [reason, message] = status === "False" ? pressure.good : pressure.bad;
  return { type: pressure.type, status, reason: word?.reason || reason, message: word?.message || message };
}

function ready({ node, silent }: NodeHealth): Draft {
  const trouble = silent ?? troubleOf(node);
  if (trouble !== undefined) return { type: "Ready", status: "False", ...trouble };
  const good =
    node.state === "degraded"
      ? wordsOf(node, "ProviderDegraded", "the provider is degraded")
      : { reason: "KubeletReady", message: "kubelet is posting ready status" };
  return { type: "Ready", status: "True", ...good };
}

type Words = { readonly reason: string; readonly message: string };

function troubleOf(node: NodeHealth["node"]): Words | undefined {
  if (node.state === "broken") return wordsOf(node, "ProviderBroken", "the backend is broken");
  if (node.state !== "starting" && node.inventoryComplete) return undefined;
  return wordsOf(node, "ProviderStarting", "the provider does not know all of its pods yet");
}

/** The provider's own words, else these. */
function wordsOf(node: Words, reason: string, message: string): Words {
  return { reason: node.reason || reason, message: node.message || message };
}

function stamp(draft: Draft, found: readonly NodeCondition[], now: number): NodeCondition {
  const time = kubeTime(now);
  const before = found.find(({ type }) => type === draft.type);
  const kept = before?.status === draft.status ? before.lastTransitionTime : undefined;
  return { ...draft, lastHeartbeatTime: time, lastTransitionTime: kept ?? time };
}
