/** The last statuses of a pod that has ended: what is left of it, the end of what never ran, and then nothing new. */
import { sameStatuses } from "./container-statuses.js";
import type { PodCondition, PodStatus } from "./kubernetes.js";
import { isOwnedCondition } from "./pod-conditions.js";
import { isTerminalPhase } from "./pod-phase.js";

/** The two steps in which the kubelet ends a pod. */
export interface FinalSteps {
  /** As found: sandbox gone, containers that never ran still waiting. */
  readonly found: PodStatus;
  /** The same with an end for each container that must have one, in a terminal phase. */
  readonly settled: PodStatus;
}

/** What to show next; once all of it is stored, that stays, but for conditions that others turned. */
export function finalStatus(api: PodStatus, { found, settled }: FinalSteps): PodStatus {
  if (isTerminalPhase(api.phase) && sameStatuses(api, settled)) return asStored(api, settled);
  const isAll = (found.phase === settled.phase && sameStatuses(found, settled)) || showsRun(found);
  return isAll || isShown(api, found) ? settled : found;
}

/** Nobody saw the end of an instance: it is not shown as running once the pod has ended. */
function showsRun({ initContainerStatuses = [], containerStatuses = [] }: PodStatus): boolean {
  return [...initContainerStatuses, ...containerStatuses].some(({ state }) => state?.running !== undefined);
}

/** True if nothing is left to show before the settled status. */
function isShown(api: PodStatus, found: PodStatus): boolean {
  const type = "PodReadyToStartContainers";
  const isSame = api.phase === found.phase && (api.reason ?? "") === (found.reason ?? "");
  return isSame && conditionOf(api, type)?.status === conditionOf(found, type)?.status;
}

/** Its words stay, and the generation that it was written for: the deletion of an ended pod is nothing to observe. */
function asStored(api: PodStatus, settled: PodStatus): PodStatus {
  const foreign = (api.conditions ?? []).filter(({ type }) => !isOwnedCondition(type));
  const own = (settled.conditions ?? []).filter(({ type }) => isOwnedCondition(type));
  const kept = own.map((condition) => {
    const stored = conditionOf(api, condition.type);
    return stored?.status === condition.status ? stored : condition;
  });
  return { ...api, conditions: [...foreign, ...kept] };
}

function conditionOf({ conditions }: PodStatus, type: string): PodCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
