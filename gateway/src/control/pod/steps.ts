/** The steps of a pod's plan, each one call to the provider or the API and a note of what came of it. */
import type { Pod } from "../../domain/kubernetes.js";
import type { PodStep } from "../../domain/pod-plan.js";
import { DEADLINE_EXCEEDED, outOfCapacity } from "../../domain/pod-verdict.js";
import { ProviderError } from "../../ports/provider.js";
import { DONE, type Outcome } from "../work-queue.js";
import { createAdmitStep } from "./admit.js";
import { CreateStep } from "./create.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import { latestOf, type PodRecord } from "./record.js";
import { UpdateSteps } from "./update.js";

/** Performs one step. "done" means: plan again. */
export type PerformStep = (
  record: PodRecord,
  step: Exclude<PodStep, { kind: "wait" }>,
  signal: AbortSignal,
) => Promise<Outcome>;

const NOT_READY_RETRY: Outcome = { kind: "requeue", afterMs: 1_000 };

/** Creates the steps. */
export function createSteps(deps: PodDeps): PerformStep {
  const admit = createAdmitStep(deps);
  const create = new CreateStep(deps);
  const updates = new UpdateSteps(deps);

  return async (record, step, signal) => {
    switch (step.kind) {
      case "admit":
        return admit(record);
      case "create":
        return await create.run(record, step.withPrior, signal);
      case "update":
        return await updates.update(record, signal);
      case "refresh-inputs":
        return await updates.refreshInputs(record, signal);
      case "stop":
        return await stop(record, step, signal);
      case "confirm-absence":
        return await confirmAbsence(deps, record, signal);
      case "confirm-gone":
        return await confirmGone(deps, record, signal);
      case "conclude-lost":
        record.verdict = "lost";
        return DONE;
      case "delete":
        await deps.writer.delete(requireApi(record), signal);
        record.deleteSent = true;
        return DONE;
      case "release":
        return await release(deps, record, signal);
      case "forget":
        deps.table.forget(record.uid);
        deps.inputs.forget?.(record.uid);
        return DONE;
    }
  };

  async function stop(
    record: PodRecord,
    step: Extract<PodStep, { kind: "stop" }>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const longest = deps.view()?.info.limits.maxGraceSeconds ?? Number.POSITIVE_INFINITY;
    const { lastApi } = record;
    const isOwn = lastApi === undefined || step.reason === "evicted";
    const graceSeconds = isOwn ? step.graceSeconds : lastGrace(lastApi, step);
    await deps.provider.stopPod(record.uid, Math.min(graceSeconds, longest), step.reason, signal);
    record.stopAccepted = graceSeconds;
    if (step.reason === "deadline") {
      record.forced = DEADLINE_EXCEEDED;
      deps.events.record(deadlineEvent(record));
    }
    if (step.reason === "evicted" && record.eviction === undefined) tellNoRoom(deps, record);
    return DONE;
  }
}

/** The backend had no room for the pod for too long. */
function tellNoRoom({ events }: PodDeps, record: PodRecord): void {
  const { api } = record;
  const observation = latestOf(record);
  const why = observation === undefined ? undefined : outOfCapacity(observation);
  if (api !== undefined && why !== undefined) events.record(podEvent(api, "Warning", ...why));
}

/** A pod that is gone from the API is stopped with the last grace that was known. */
function lastGrace(last: Pod, step: Extract<PodStep, { kind: "stop" }>): number {
  return step.graceSeconds > 1
    ? step.graceSeconds
    : Math.max(1, last.metadata.deletionGracePeriodSeconds ?? step.graceSeconds);
}

async function confirmAbsence({ provider, table }: PodDeps, record: PodRecord, signal: AbortSignal): Promise<Outcome> {
  try {
    table.takeObservation(await provider.getPod(record.uid, signal));
    return DONE;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.reason === "NOT_READY") return NOT_READY_RETRY;
    if (error.reason !== "POD") throw error;
    record.absence = "confirmed";
    return DONE;
  }
}

async function confirmGone(
  { writer, table, nodeName }: PodDeps,
  record: PodRecord,
  signal: AbortSignal,
): Promise<Outcome> {
  const result = await writer.get(record.lastApi ?? stubOf(record, nodeName), signal);
  if (result.kind === "gone") table.setGone(record.uid);
  else table.setApi(result.pod);
  return DONE;
}

async function release({ provider, table, inputs }: PodDeps, record: PodRecord, signal: AbortSignal): Promise<Outcome> {
  try {
    await provider.releasePod(record.uid, signal);
  } catch (error) {
    if (error instanceof ProviderError && error.reason === "STILL_RUNNING") {
      record.stopAccepted = undefined;
      return NOT_READY_RETRY;
    }
    throw error;
  }
  table.forget(record.uid);
  inputs.forget?.(record.uid);
  return DONE;
}

/** The API object of a record that has one: the plan asks for such steps only then. */
export function requireApi(record: PodRecord): Pod {
  if (record.api === undefined) throw new Error(`pod ${record.uid}: not in the API`);
  return record.api;
}

/** Enough of a Pod to look it up: what the provider's observation says of its names. */
function stubOf({ uid, observation }: PodRecord, nodeName: string): Pod {
  return {
    metadata: {
      uid,
      namespace: observation?.namespace ?? "",
      name: observation?.name ?? "",
      resourceVersion: "0",
      creationTimestamp: "",
    },
    spec: { containers: [], nodeName },
  };
}

function deadlineEvent(record: PodRecord) {
  const { namespace, name, uid, resourceVersion } = requireApi(record).metadata;
  return {
    target: { kind: "Pod", namespace, name, uid, resourceVersion },
    type: "Normal",
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  } as const;
}
