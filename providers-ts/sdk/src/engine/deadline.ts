/** Ends pods that were active longer than they may. */
import { TerminationCause } from "@outboard/contract";
import { DEADLINE_MESSAGE, eventTexts } from "./events.js";
import { graceMsOf } from "./manifest.js";
import type { Pod } from "./pod.js";

/** Orders the end of a pod that was active too long. */
export function enforceDeadline(pod: Pod): void {
  const { deadline, stop, ended } = pod.record;
  if (pod.isEnding || deadline === undefined || ended || stop !== undefined || pod.now() < deadline) return;
  pod.event("", eventTexts.deadline());
  const graceMs = pod.manifest === undefined ? 30_000 : graceMsOf(pod.manifest);
  pod.commit({
    ...pod.record,
    stop: { cause: TerminationCause.DEADLINE, endAt: pod.now() + graceMs },
    failure: { reason: "DeadlineExceeded", message: DEADLINE_MESSAGE },
  });
}
