/** The CreatePod RPC: the contract's order of checks, idempotency by digest, and pods whose inputs were lost. */
import {
  type CreatePodRequest,
  type CreatePodResponse,
  type PodObservation,
  PodStage,
  SandboxState,
  TerminationCause,
} from "@outboard/contract";
import { type Check, checkRequest, digest, positive, required } from "../check.js";
import type { Core } from "../core.js";
import { refuse } from "../errors.js";
import { same } from "../same.js";
import { inputsOf, inventoryIncomplete, requireStarted, takeInputs } from "./known.js";
import { readManifest } from "./manifest.js";
import { hasEnded, type KnownPod } from "./pod-table.js";

/** Takes a pod over. Runs inside the UID's queue. */
export async function createPod(core: Core, order: CreatePodRequest): Promise<CreatePodResponse> {
  const found = core.pods.find(order.uid);
  switch (found.kind) {
    case "known":
      return await repeat(core, found.pod, order);
    case "buried":
      throw refuse("TOMBSTONED", `the pod with UID ${order.uid} was stopped or released; it is not created again`);
    case "uncertain":
      throw inventoryIncomplete();
    case "absent":
      core.declared.requireFeatures(order.inputs);
      return await hand(core, order);
  }
}

/** @throws StatusError BAD_REQUEST. */
export function checkCreatePod(order: CreatePodRequest): void {
  const checks: readonly Check[] = [
    required("uid", order.uid),
    positive("spec_revision", order.specRevision),
    digest("spec_digest", order.specDigest),
    required("manifest", order.manifest),
    required("inputs", order.inputs),
    positive("input_version", order.inputVersion),
    required("start_time", order.startTime),
  ];
  checkRequest(checks);
  checkRequest([{ field: "manifest.json", problem: readManifest(order).problem }]);
}

async function repeat(core: Core, pod: KnownPod, order: CreatePodRequest): Promise<CreatePodResponse> {
  const { observation } = pod;
  if (observation.needsInputs && !hasEnded(pod)) return await restore(core, observation, order);
  if (!same(observation.specDigest, order.specDigest)) {
    throw refuse("SPEC_CONFLICT", `the pod with UID ${order.uid} is known with another spec_digest`);
  }
  await takeInputs(core, pod, inputsOf(order));
  return { backendId: observation.backendId };
}

async function restore(core: Core, observation: PodObservation, order: CreatePodRequest): Promise<CreatePodResponse> {
  if (order.inputVersion < observation.inputVersion) return { backendId: observation.backendId };
  core.declared.requireFeatures(order.inputs);
  const answer = await hand(core, order);
  return { backendId: observation.backendId === "" ? answer.backendId : observation.backendId };
}

async function hand(core: Core, order: CreatePodRequest): Promise<CreatePodResponse> {
  requireStarted(core);
  const { backendId } = await core.provider.createPod(order);
  if (core.pods.find(order.uid).kind !== "known") core.pods.publish(accepted(order, backendId));
  return { backendId };
}

/** The observation of a pod of which the provider has said nothing yet. */
function accepted(order: CreatePodRequest, backendId: string) {
  const { namespace, name } = readManifest(order);
  return {
    uid: order.uid,
    namespace,
    name,
    specRevision: order.specRevision,
    specDigest: order.specDigest,
    inputVersion: order.inputVersion,
    backendId,
    stage: PodStage.ACCEPTED,
    sandbox: SandboxState.NONE,
    podIps: [],
    hostIps: [],
    needsInputs: false,
    cause: TerminationCause.UNSPECIFIED,
    containers: [],
  };
}
