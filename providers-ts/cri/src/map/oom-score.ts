/** oom_score_adj of a container, by the kubelet's rules. Pure. */
import { qosOf, type PodAmounts } from "./pod-resources.js";

const GUARANTEED = -997;
const BEST_EFFORT = 1000;

export function oomScoreAdj(pod: PodAmounts, name: string, capacityBytes: number): number {
  const qos = qosOf(pod);
  if (pod.isCritical || qos === "Guaranteed") return GUARANTEED;
  if (qos === "BestEffort") return BEST_EFFORT;
  const container = pod.containers.find((one) => one.name === name);
  const share = sharePerContainer(pod);
  const scoreOf = (requested: number): number => 1000 - Math.floor((1000 * (requested + share)) / capacityBytes);
  const own = scoreOf(container?.requests.memoryBytes ?? 0);
  const score = container?.kind === "sidecar" ? Math.min(own, scoreOf(leastOfMains(pod))) : own;
  if (score < 1000 + GUARANTEED) return 1000 + GUARANTEED;
  return score === BEST_EFFORT ? score - 1 : score;
}

/** What the pod asks for beyond its containers, in equal parts. */
function sharePerContainer({ pod, containers }: PodAmounts): number {
  const asked = pod?.requests.memoryBytes;
  const lasting = containers.filter(({ kind }) => kind !== "init");
  if (asked === undefined || lasting.length === 0) return 0;
  const taken = lasting.reduce((sum, { requests }) => sum + (requests.memoryBytes ?? 0), 0);
  return Math.max(0, Math.floor((asked - taken) / lasting.length));
}

function leastOfMains({ containers }: PodAmounts): number {
  const mains = containers.filter(({ kind }) => kind === "main");
  return Math.min(...mains.map(({ requests }) => requests.memoryBytes ?? 0));
}
