/** The restart rules again, written apart from the controller's own. */
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import type { CreateOrder } from "../../ports/provider.js";

/** A phase that is never left. */
export function isTerminalPhase(status: PodStatus | undefined): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** May another instance follow one that ended so? */
export function mayFollow(policy: string | undefined, exitCode: number): boolean {
  if (policy === "Never") return false;
  return policy === "OnFailure" ? exitCode !== 0 : true;
}

/** Why a pod that the backend does not have may not be created so; by what the API shows of its one container. */
export function priorProblem({ spec, status }: Pod, prior: CreateOrder["prior"]): string | undefined {
  const shown = status?.containerStatuses?.[0];
  const ended = shown?.state?.terminated;
  const isOver = shown?.state?.running !== undefined || ended !== undefined;
  if (shown === undefined || (!isOver && shown.lastState?.terminated === undefined)) return undefined;
  if (isOver && !mayFollow(spec.restartPolicy, ended?.exitCode ?? 137))
    return "created again against its restart policy";
  const wanted = shown.restartCount + (isOver ? 1 : 0);
  const given = prior[0]?.restartCount;
  return given === wanted ? undefined : `created again with restart count ${given}, due ${wanted}`;
}
