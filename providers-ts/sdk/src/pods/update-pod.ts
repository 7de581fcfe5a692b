/** The UpdatePod and UpdateInputs RPCs. */
import { PodChange, PodStage, type UpdateInputsRequest, type UpdatePodRequest } from "@outboard/contract";
import { checkRequest, digest, positive, required } from "../check.js";
import type { Core } from "../core.js";
import { refuse } from "../errors.js";
import { same } from "../same.js";
import { knownPod, requireInputs, requireStarted, takeInputs } from "./known.js";
import { readManifest } from "./manifest.js";
import type { KnownPod } from "./pod-table.js";

/** Replaces a pod's inputs. Runs inside the UID's queue. */
export async function updateInputs(core: Core, update: UpdateInputsRequest): Promise<void> {
  const pod = knownPod(core, update.uid);
  requireInputs(pod);
  await takeInputs(core, pod, update);
}

/** @throws StatusError BAD_REQUEST. */
export function checkUpdateInputs({ uid, inputs, inputVersion }: UpdateInputsRequest): void {
  checkRequest([required("uid", uid), required("inputs", inputs), positive("input_version", inputVersion)]);
}

/** Changes a pod. Runs inside the UID's queue. */
export async function updatePod(core: Core, update: UpdatePodRequest): Promise<void> {
  const pod = knownPod(core, update.uid);
  requireInputs(pod);
  const { stage, specDigest, specRevision } = pod.observation;
  if (same(specDigest, update.specDigest)) return;
  if (update.specRevision <= specRevision) {
    throw refuse("STALE_REVISION", `spec_revision ${update.specRevision} is not above ${specRevision}`);
  }
  if (stage === PodStage.STOPPING || stage === PodStage.ENDED) throw refuse("NOT_RUNNING", "the pod ends or has ended");
  core.declared.requireFeatures(update.inputs);
  requireStarted(core);
  if (core.provider.updatePod === undefined) throw refuse("CAPABILITY", "this provider does not declare UpdatePod");
  await core.provider.updatePod(update);
  confirm(core, pod, update);
}

/** The observation tells what is in force, whether or not the provider has said so yet. */
function confirm(core: Core, { observation }: KnownPod, update: UpdatePodRequest): void {
  if (same(observation.specDigest, update.specDigest)) return;
  const inputVersion = update.inputVersion > observation.inputVersion ? update.inputVersion : observation.inputVersion;
  const { specRevision, specDigest } = update;
  core.pods.publish({ ...observation, specRevision, specDigest, inputVersion });
}

/** @throws StatusError CAPABILITY, BAD_REQUEST. */
export function checkUpdatePod(core: Core, update: UpdatePodRequest): void {
  core.declared.requireAnyChange();
  checkRequest([
    required("uid", update.uid),
    positive("spec_revision", update.specRevision),
    digest("spec_digest", update.specDigest),
    required("manifest", update.manifest),
    required("inputs", update.inputs),
    positive("input_version", update.inputVersion),
    { field: "changes", problem: changesProblem(update.changes) },
  ]);
  checkRequest([{ field: "manifest.json", problem: readManifest(update).problem }]);
  core.declared.requireChanges(update.changes);
}

function changesProblem(changes: readonly PodChange[]): string | undefined {
  if (changes.length === 0) return "must name at least one kind";
  return changes.includes(PodChange.UNSPECIFIED) ? "must not hold UNSPECIFIED" : undefined;
}
