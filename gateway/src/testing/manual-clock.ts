/** A clock for tests: stands still until it is moved. Fits ports/clock.ts. */
import type { Clock } from "../ports/clock.js";

/** The clock and how to move it. */
export interface ManualClock extends Clock {
  /** Moves on by so many milliseconds, waking sleepers in order, and lets what they start run. */
  advance(ms: number): Promise<void>;
  /** Lets everything run that waits for no time. */
  settle(): Promise<void>;
}

/** Starts at a fixed time. */
export function createManualClock(start: number = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async function advance(ms: number): Promise<void> {
    const end = now + ms;
    await settle();
    for (;;) {
      const next = [...sleepers].filter(({ at }) => at <= end).toSorted((left, right) => left.at - right.at)[0];
      if (next === undefined) break;
      now = Math.max(now, next.at);
      next.wake();
      await settle();
    }
    now = end;
    await settle();
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const end = (): void => {
          sleepers.delete(sleeper);
          signal.removeEventListener("abort", abort);
        };
        const sleeper = { at: now + ms, wake: () => (end(), resolve()) };
        const abort = () => (end(), reject(signal.reason));
        sleepers.add(sleeper);
        signal.addEventListener("abort", abort, { once: true });
      }),
    advance,
    settle,
  };
}
