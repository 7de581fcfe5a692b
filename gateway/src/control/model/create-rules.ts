/** What a CreatePod may never do, for a pod that the backend does not have. */
import type { Pod, PodStatus } from "../../domain/kubernetes.js";
import type { CreateOrder } from "../../ports/provider.js";
import type { Facts } from "./facts.js";
import { mayFollow } from "./rules.js";

/** One order, and the API's object when it is sent. */
export interface SentCreate {
  readonly facts: Facts;
  readonly pod: Pod;
  readonly order: CreateOrder;
  readonly now: number;
}

/** All breaches. */
export function* createProblems({ facts, pod, order, now }: SentCreate): Generator<string> {
  const { deadlineSeconds, lastTold, missed, notFound } = facts;
  if (deadlineSeconds !== undefined && now >= Date.parse(order.startTime) + deadlineSeconds * 1000)
    yield "created after its deadline";
  if (facts.asksInputs) return; // it was lost after it asked for its inputs: nobody can know
  if (lastTold !== undefined && !facts.asking && !(missed && notFound))
    yield "created again though its absence is not proven";
  const problem = priorProblem(pod, order.prior);
  if (problem !== undefined) yield problem;
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
function priorProblem({ spec, status }: Pod, prior: CreateOrder["prior"]): string | undefined {
  const shown = shownOf(status);
  if (shown === undefined || !shown.hasRun) return undefined;
  if (shown.isOver && !mayFollow(spec.restartPolicy, shown.exitCode)) return "created again against its restart policy";
  const wanted = shown.restartCount + (shown.isOver ? 1 : 0);
  const given = prior[0]?.restartCount;
  return given === wanted ? undefined : `created again with restart count ${given}, due ${wanted}`;
}
