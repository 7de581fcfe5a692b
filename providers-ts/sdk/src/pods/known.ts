/** Look-ups that refuse what is not known, and the rules that several pod calls share. */
import type { CreatePodRequest, UpdateInputsRequest } from "@outboard/contract";
import type { Core } from "../core.js";
import { refuse } from "../errors.js";
import { hasEnded, type KnownPod } from "./pod-table.js";

/** The pod, for calls that need one. @throws StatusError POD, NOT_READY. */
export function knownPod(core: Core, uid: string): KnownPod {
  const found = core.pods.find(uid);
  switch (found.kind) {
    case "known":
      return found.pod;
    case "buried":
    case "absent":
      throw refuse("POD", `no pod with UID ${uid} is known`);
    case "uncertain":
      throw inventoryIncomplete();
  }
}

/** The refusal for an unknown UID while the inventory is incomplete. */
export function inventoryIncomplete(): Error {
  return refuse("NOT_READY", "the provider does not know all its pods yet");
}

/** @throws StatusError NOT_READY while the provider has not started. */
export function requireStarted(core: Core): void {
  if (core.starter.state.kind !== "started") throw refuse("NOT_READY", "the provider starts");
}

/** @throws StatusError NOT_READY for a pod whose inputs were lost. */
export function requireInputs(pod: KnownPod): void {
  if (pod.observation.needsInputs) throw refuse("NOT_READY", "the pod's inputs were lost; CreatePod brings them again");
}

/** Puts newer inputs of a known pod in force; older ones, and those of an ended pod, have no effect. */
export async function takeInputs(core: Core, pod: KnownPod, update: UpdateInputsRequest): Promise<void> {
  if (hasEnded(pod) || update.inputVersion <= pod.observation.inputVersion) return;
  core.declared.requireFeatures(update.inputs);
  requireStarted(core);
  await core.provider.updateInputs(update);
  if (pod.observation.inputVersion >= update.inputVersion) return;
  core.pods.publish({ ...pod.observation, inputVersion: update.inputVersion });
}

/** The inputs that a CreatePod brings, as an update. */
export function inputsOf(order: CreatePodRequest): UpdateInputsRequest {
  return { uid: order.uid, inputs: order.inputs, inputVersion: order.inputVersion };
}
