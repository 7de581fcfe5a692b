/** The restart rules again, written apart from the controller's own. */
import type { PodStatus } from "../../domain/kubernetes.js";

/** A phase that is never left. */
export function isTerminalPhase(status: PodStatus | undefined): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** May another instance follow one that ended so? */
export function mayFollow(policy: string | undefined, exitCode: number): boolean {
  if (policy === "Never") return false;
  return policy === "OnFailure" ? exitCode !== 0 : true;
}
