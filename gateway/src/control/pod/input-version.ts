/** Versions of inputs rise per pod, over restarts of either side. */
import type { PodRecord } from "./record.js";

/** Above the observed one and above what this process sent. */
export function nextInputVersion({ observation, inputVersion }: PodRecord): bigint {
  const observed = observation?.inputVersion ?? 0n;
  return (observed > inputVersion ? observed : inputVersion) + 1n;
}
