/** One pod, worked on until there is nothing to do: its status when due, then the next step of the plan. */
import { planPod } from "../../domain/pod-plan.js";
import { DONE, type Outcome } from "../work-queue.js";
import type { PodDeps } from "./deps.js";
import { leaveInputs } from "./follow-inputs.js";
import type { PodRecord } from "./record.js";
import { Resizes } from "./resize.js";
import { StatusWriter } from "./status-writer.js";
import { createTaking } from "./take-observations.js";
import { createSteps, type PerformStep } from "./steps.js";
import { viewOf } from "./view.js";

type Requeue = Extract<Outcome, { kind: "requeue" }>;

/** Steps taken in one go; more come back through the queue. */
const MOST_STEPS = 16;

/** Creates the function that works on one UID. */
export function createReconciler(deps: PodDeps): (uid: string, signal: AbortSignal) => Promise<Outcome> {
  const perform = createSteps(deps);
  const statusWriter = new StatusWriter(deps);
  const take = createTaking(deps, statusWriter);
  const resizes = new Resizes(deps);

  return async (uid, signal) => {
    let failure: { readonly error: unknown } | undefined;
    for (let count = 0; count < MOST_STEPS; count++) {
      const record = deps.table.get(uid);
      if (record === undefined) {
        statusWriter.forget(uid);
        return DONE;
      }
      take(record);
      leaveInputs(deps, record);
      resizes.settle(record);
      const status = statusWriter.check(record);
      const writing = status.kind === "due" && failure === undefined && statusWriter.write(record, status.to, signal);
      if (writing instanceof Promise) {
        failure = await failureOf(writing);
        continue;
      }
      const view = viewOf(record, deps, status.kind === "stored");
      const step = planPod(view, deps.clock.now());
      if (step.kind === "wait") {
        if (failure !== undefined) throw failure.error;
        return rest(step.until, statusWriter.dueInMs(record), deps);
      }
      const outcome = await performOrTell(record, step, signal);
      if (outcome.kind === "requeue") {
        if (failure !== undefined) throw failure.error; // an API server that is away decides the pause
        const afterMs = Math.min(outcome.afterMs, statusWriter.dueInMs(record));
        return sooner({ kind: "requeue", afterMs }, view.deadlineAt, deps);
      }
    }
    return { kind: "requeue", afterMs: 0 };
  };

  /** A step that fails must not keep back what is known already: the status is written before the error goes on. */
  async function performOrTell(
    record: PodRecord,
    step: Parameters<PerformStep>[1],
    signal: AbortSignal,
  ): Promise<Outcome> {
    record.isStepping = true;
    try {
      return await perform(record, step, signal);
    } catch (error) {
      record.isStepping = false;
      const to = statusWriter.differing(record);
      const writing = to === undefined ? undefined : statusWriter.write(record, to, signal);
      if (writing !== undefined) await failureOf(writing);
      throw error;
    } finally {
      record.isStepping = false;
      deps.active.note(record.uid);
    }
  }
}

/** An API server that is away must not keep the provider from being told: the error is kept for the end. */
async function failureOf(writing: Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await writing;
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** No pause may outlast the pod's deadline. */
function sooner({ kind, afterMs }: Requeue, deadlineAt: number | undefined, { clock }: PodDeps): Outcome {
  const leftMs = (deadlineAt ?? Number.POSITIVE_INFINITY) - clock.now();
  return { kind, afterMs: leftMs > 0 ? Math.min(afterMs, leftMs) : afterMs };
}

function rest(until: number | undefined, statusDueInMs: number, { clock }: PodDeps): Outcome {
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Math.max(0, until - clock.now());
  const afterMs = Math.min(untilMs, statusDueInMs);
  return afterMs === Number.POSITIVE_INFINITY ? DONE : { kind: "requeue", afterMs };
}
