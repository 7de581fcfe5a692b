/** Versions of inputs rise per pod, over restarts of either side. */
import { latestOf, type PodRecord } from "./record.js";

/** Above the observed one and above what this process sent. */
export function nextInputVersion(record: PodRecord): bigint {
  const { inputVersion } = record;
  const observed = latestOf(record)?.inputVersion ?? 0n;
  return (observed > inputVersion ? observed : inputVersion) + 1n;
}
