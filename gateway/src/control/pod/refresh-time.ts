/** When inputs must be resolved again. */
import type { PodInputs } from "../../domain/inputs.js";

/** Containers that wait for a missing object, and tokens that could not be renewed, are looked at again after this time. */
const RETRY_MS = 10_000;

/**
 * Milliseconds since 1970; undefined: never. Tokens are renewed when they are due themselves, however often the inputs were
 * resolved since they were made; without live inputs running containers cannot see new files.
 */
export function refreshTime(
  inputs: PodInputs,
  renewAt: number | undefined,
  { now, isLive }: { readonly now: number; readonly isLive: boolean },
): number | undefined {
  if (inputs.containers.some(({ error }) => error !== undefined)) return now + RETRY_MS;
  return isLive && renewAt !== undefined ? Math.max(now + RETRY_MS, renewAt) : undefined;
}
