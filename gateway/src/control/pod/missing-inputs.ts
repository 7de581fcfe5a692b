/** Inputs that cannot be had now: told at each try, and tried again after pauses like the kubelet's. */
import type { Pod } from "../../domain/kubernetes.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord } from "./record.js";

/** Why there are no inputs; one message per event. */
export interface MissingInputs {
  readonly kind: "missing";
  readonly reason: "FailedMount" | "FailedCreatePodSandBox";
  readonly messages: readonly string[];
}

/** Mounts that fail are tried again after a pause that doubles. */
const MOUNT_PAUSE_MS = { first: 500, longest: 122_000 };
/** A sandbox is tried again when the pod is synced next. */
const SANDBOX_PAUSE_MS = 10_000;

/** Tells why; returns after how many milliseconds the next try is due, unless what is missing changes before. */
export function tellMissing(deps: PodDeps, record: PodRecord, api: Pod, { reason, messages }: MissingInputs): number {
  deps.logger.debug({ uid: record.uid, reason, messages }, "inputs missing");
  for (const message of messages) deps.events.record(podEvent(api, "Warning", reason, message));
  const pauseMs = reason === "FailedMount" ? mountPauseMs(record.missingTries) : SANDBOX_PAUSE_MS;
  record.missingTries++;
  const hasChanged = record.inputsChangedAt !== undefined; // while it was read
  return hasChanged ? MOUNT_PAUSE_MS.first : pauseMs;
}

function mountPauseMs(tries: number): number {
  const { first, longest } = MOUNT_PAUSE_MS;
  return Math.min(longest, first * 2 ** Math.min(tries, 20));
}
