/** When inputs must be resolved again. */
import type { PodInputs } from "../../domain/inputs.js";

/** Containers that wait for a missing object are looked at again after this time. */
const ERROR_RETRY_MS = 10_000;
/** Part of a token's life after which it is replaced, as the kubelet does. */
const REPLACE_AT = 0.8;
/** Long-lived tokens are replaced each day. */
const LONGEST_MS = 24 * 3_600_000;

/** Milliseconds since 1970; undefined: never. Without live inputs running containers cannot see new files. */
export function refreshTime(inputs: PodInputs, now: number, live: boolean): number | undefined {
  if (inputs.containers.some(({ error }) => error !== undefined)) return now + ERROR_RETRY_MS;
  if (!live) return undefined;
  const ends = inputs.volumes
    .flatMap(({ files }) => files.map(({ expiresAt }) => expiresAt))
    .filter((end) => end !== undefined);
  if (ends.length === 0) return undefined;
  const first = Math.min(...ends.map((end) => Date.parse(end)));
  return now + Math.min(LONGEST_MS, Math.max(ERROR_RETRY_MS, (first - now) * REPLACE_AT));
}
