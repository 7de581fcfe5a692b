/** The RPCs that end a pod: StopPod ends what runs, ReleasePod forgets what has ended. Both leave tombstones. */
import type { ReleasePodRequest, StopPodRequest, StopReason } from "@outboard/contract";
import { checkRequest, required } from "../check.js";
import type { Core } from "../core.js";
import { refuse } from "../errors.js";
import { inventoryIncomplete, requireStarted } from "./known.js";
import { hasEnded, type KnownPod } from "./pod-table.js";

/** Ends a pod. Runs inside the UID's queue. */
export async function stopPod(core: Core, { uid, graceSeconds = 0, reason }: StopPodRequest): Promise<void> {
  const found = core.pods.find(uid);
  switch (found.kind) {
    case "known":
      return await stopKnown(core, found.pod, { graceSeconds, reason });
    case "buried":
    case "absent":
      return core.pods.bury(uid);
    case "uncertain":
      throw inventoryIncomplete();
  }
}

/** @throws StatusError BAD_REQUEST. */
export function checkStopPod({ uid, graceSeconds }: StopPodRequest): void {
  checkRequest([required("uid", uid), required("grace_seconds", graceSeconds)]);
}

/** Forgets an ended pod. Runs inside the UID's queue. */
export async function releasePod(core: Core, { uid }: ReleasePodRequest): Promise<void> {
  const found = core.pods.find(uid);
  switch (found.kind) {
    case "known":
      if (!hasEnded(found.pod)) throw refuse("STILL_RUNNING", `the pod with UID ${uid} has not ended`);
      requireStarted(core);
      await core.provider.releasePod(uid);
      return core.pods.release(uid);
    case "buried":
    case "absent":
      return core.pods.bury(uid);
    case "uncertain":
      throw inventoryIncomplete();
  }
}

async function stopKnown(
  core: Core,
  pod: KnownPod,
  wanted: { readonly graceSeconds: number; readonly reason: StopReason },
): Promise<void> {
  if (hasEnded(pod)) return;
  requireStarted(core);
  const endAt = core.clock.now() + wanted.graceSeconds * 1000;
  if (pod.stop !== undefined && pod.stop.endAt <= endAt) return;
  const reason = pod.stop?.reason ?? wanted.reason;
  await core.provider.stopPod(pod.observation.uid, wanted.graceSeconds, reason);
  pod.stop = { endAt, reason };
}
