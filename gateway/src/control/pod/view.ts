/** The plan's view of a record. */
import { isContainerStarted, mayRestartAny } from "../../domain/pod-history.js";
import type { Pod } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import { outOfCapacity } from "../../domain/pod-verdict.js";
import type { PodView } from "../../domain/pod-plan.js";
import { deadlineAt } from "./deadline.js";
import type { PodDeps } from "./deps.js";
import { refreshDue } from "./follow-inputs.js";
import { digestOf } from "./manifest-cache.js";
import { latestOf, type PodRecord } from "./record.js";

/** Makes the view; `statusStored` says that the API has the status it should have. */
export function viewOf(record: PodRecord, deps: PodDeps, statusStored: boolean): PodView {
  const { api } = record;
  const observation = latestOf(record);
  return {
    api,
    listed: deps.table.listed,
    seenInApi: record.lastApi !== undefined,
    goneConfirmed: record.goneConfirmed,
    observation,
    create: record.create,
    inputsGiven: observation !== undefined && record.inputsGivenTo === observation,
    absence: record.absence,
    verdict: record.verdict,
    acknowledgedBefore: record.acknowledgedBefore,
    stopAccepted: record.stopAccepted,
    statusStored: statusStored && record.pending.length === 0,
    deleteSent: record.deleteSent,
    mayAdmit: mayAdmit(deps),
    deadlineAt: api === undefined ? undefined : deadlineAt(api, record, deps),
    noRoomUntil: noRoomUntil(observation, record, deps),
    evictionGrace: record.eviction?.graceSeconds,
    updatable: api !== undefined && isUpdatable(api, observation, record),
    refreshAt: refreshDue(record),
    history: api === undefined ? "over" : historyOf(api),
  };
}

/** The backend gets the same time as a CreatePod that is refused for want of capacity. */
function noRoomUntil(
  observation: PodObservation | undefined,
  { startTime }: PodRecord,
  { options }: PodDeps,
): number | undefined {
  if (observation?.stage !== "preparing" || startTime === undefined || outOfCapacity(observation) === undefined) {
    return undefined;
  }
  return Date.parse(startTime) + options.capacityTimeoutMs;
}

function mayAdmit({ table, view, nodeObject }: PodDeps): boolean {
  const node = view()?.node;
  return (
    table.listed &&
    nodeObject() !== undefined &&
    node?.facts !== undefined &&
    node.inventoryComplete &&
    node.state !== "broken"
  );
}

function isUpdatable(api: Pod, observation: PodObservation | undefined, { updateGivenUp }: PodRecord): boolean {
  if (observation === undefined || observation.specDigest === "" || observation.needsInputs) return false;
  const digest = digestOf(api);
  return digest !== observation.specDigest && digest !== updateGivenUp;
}

function historyOf(api: Pod): PodView["history"] {
  if (!isContainerStarted(api)) return "never-started";
  return mayRestartAny(api) ? "may-restart" : "over";
}
