/** The kubelet's back-off: 10 s, doubled up to 300 s, forgotten once something lasted longer than 10 minutes. Pure. */

/** State of one back-off. */
export interface BackOff {
  readonly delayMs: number;
  /** When the last attempt was let through. */
  readonly letThroughAt: number;
  /** What was tried: something else is tried at once. */
  readonly of?: string | undefined;
}

const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
const FORGET_MS = 2 * LONGEST_MS;

/** The state as far as it is about this attempt. */
export function backOffOf(backOff: BackOff | undefined, tried: string): BackOff | undefined {
  return backOff?.of === undefined || backOff.of === tried ? backOff : undefined;
}

/** When the next attempt may be made after a failure at failedAt. Undefined: now. */
export function backOffUntil(backOff: BackOff | undefined, failedAt: number, now: number): number | undefined {
  if (backOff === undefined || isForgotten(backOff, failedAt)) return undefined;
  const until = failedAt + backOff.delayMs;
  return until > now ? until : undefined;
}

/** The state after letting an attempt through. */
export function nextBackOff(backOff: BackOff | undefined, failedAt: number, now: number): BackOff {
  if (backOff === undefined || isForgotten(backOff, failedAt)) return { delayMs: FIRST_MS, letThroughAt: now };
  return { delayMs: Math.min(backOff.delayMs * 2, LONGEST_MS), letThroughAt: now };
}

function isForgotten(backOff: BackOff, failedAt: number): boolean {
  return failedAt - backOff.letThroughAt > FORGET_MS;
}

/** A duration of whole seconds as Go prints it: 10s, 1m20s, 5m0s. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
