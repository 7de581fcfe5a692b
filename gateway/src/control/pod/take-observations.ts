/** Which of the observations that wait may be taken before the status of the one at hand is written. */
import type { PodObservation } from "../../domain/observation.js";
import { canMerge, changesStates } from "../../domain/observation-order.js";
import type { PodDeps } from "./deps.js";
import type { PodRecord } from "./record.js";
import type { StatusWriter } from "./status-writer.js";

/** Takes the observations that came meanwhile, except where the status of the one at hand must be written first. */
export function createTaking(deps: PodDeps, statusWriter: StatusWriter): (record: PodRecord) => void {
  return (record) => {
    for (let next = record.pending[0]; next !== undefined; next = record.pending[0]) {
      if (hides(record, next, statusWriter.mayJoin(record)) && !isShown(record)) return;
      record.observation = record.pending.shift();
      takeAsAccepted(record, deps);
    }
  };

  /** While the provider is away no status is due, which does not mean that the API has it. */
  function isShown(record: PodRecord): boolean {
    const isJudged = record.api === undefined || deps.view() !== undefined;
    return isJudged && statusWriter.check(record).kind === "stored";
  }
}

/**
 * Taking `next` now would hide what the observation at hand has to show, or that the pod's deletion was seen; the latter only
 * while there is nothing more to say of other pods.
 */
function hides({ api, observation }: PodRecord, next: PodObservation, mayJoin: boolean): boolean {
  if (observation === undefined) return false;
  if (!canMerge(observation, next, api?.status)) return true;
  if (mayJoin) return false;
  const { deletionTimestamp, generation = 0 } = api?.metadata ?? {};
  const isNews = deletionTimestamp !== undefined && (api?.status?.observedGeneration ?? 0) < generation;
  return isNews && (next.stage === "ended" || changesStates(observation, next));
}

/** What is observed was accepted, even if the answer to CreatePod was lost. */
function takeAsAccepted(record: PodRecord, { clock }: PodDeps): void {
  if (record.create !== "sent") return;
  record.create = "answered";
  record.createAnsweredAt = clock.now();
}
