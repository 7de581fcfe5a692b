/** Jittered back-off: doubles from the first delay to the longest; each wait is a random part between half and the whole of it. */
export interface BackoffSettings {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** The delay before attempt `failures + 1`. `failures` counts from 1; `random` is from 0 to 1. */
export function backoffMs(settings: BackoffSettings, failures: number, random: number): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 30);
  const whole = Math.min(settings.firstMs * 2 ** doublings, settings.longestMs);
  return whole * (0.5 + random / 2);
}
