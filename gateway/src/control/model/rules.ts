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

/** What the API shows of the one container. */
interface Shown {
  /** The latest instance that is shown has ended, or has ended without a trace if the backend lost the pod. */
  readonly isOver: boolean;
  /** An instance ran at some time. */
  readonly hasRun: boolean;
  readonly exitCode: number;
  readonly restartCount: number;
}

function shownOf(status: PodStatus | undefined): Shown | undefined {
  const shown = status?.containerStatuses?.[0];
  if (shown === undefined) return undefined;
  const { state, lastState, restartCount } = shown;
  const isOver = state?.running !== undefined || state?.terminated !== undefined;
  const exitCode = state?.terminated?.exitCode ?? 137;
  return { isOver, hasRun: isOver || lastState?.terminated !== undefined, exitCode, restartCount };
}

/** Why a pod that the backend does not have may not be created so; by what the API shows of its one container. */
export function priorProblem({ spec, status }: Pod, prior: CreateOrder["prior"]): string | undefined {
  const shown = shownOf(status);
  if (shown === undefined || !shown.hasRun) return undefined;
  if (shown.isOver && !mayFollow(spec.restartPolicy, shown.exitCode)) return "created again against its restart policy";
  const wanted = shown.restartCount + (shown.isOver ? 1 : 0);
  const given = prior[0]?.restartCount;
  return given === wanted ? undefined : `created again with restart count ${given}, due ${wanted}`;
}
