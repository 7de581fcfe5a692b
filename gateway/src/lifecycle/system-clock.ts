/** The real clock. It follows the machine's wall clock and never goes back: where that is set back, time goes on from there. */
import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds since 1970 that grow with the steady clock, and jump only where the wall clock jumps forward. */
export function neverBack(wall: () => number, steady: () => number): () => number {
  let ahead = wall() - steady();
  return () => {
    const elapsed = steady();
    ahead = Math.max(ahead, wall() - elapsed);
    return Math.floor(elapsed + ahead);
  };
}

/** Fits ports/clock.ts. */
export const systemClock: {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
} = {
  now: neverBack(
    () => Date.now(),
    () => performance.now(),
  ),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
