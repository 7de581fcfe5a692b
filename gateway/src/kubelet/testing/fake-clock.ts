/** Time for tests: stands still until told to go on. */
import type { Clock } from "../../ports/clock.js";

/** A clock that is moved by hand. */
export interface FakeClock extends Clock {
  /** Moves time and wakes sleepers that are due. */
  advance(ms: number): void;
  /** How many sleep. */
  sleepers(): number;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** Makes a clock that starts at `start`, milliseconds since 1970; default: the real now. */
export function createFakeClock(start: number = Date.now()): FakeClock {
  let now = start;
  const sleeping = new Set<Sleeper>();
  return {
    now: () => now,
    sleepers: () => sleeping.size,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          sleeping.delete(sleeper);
          reject(signal.reason);
        };
        const sleeper = {
          until: now + ms,
          wake: () => {
            signal.removeEventListener("abort", onAbort);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
    advance(ms) {
      now += ms;
      for (const sleeper of sleeping) {
        if (sleeper.until > now) continue;
        sleeping.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}
