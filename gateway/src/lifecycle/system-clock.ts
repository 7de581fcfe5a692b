/** The real clock. */
import { setTimeout as delay } from "node:timers/promises";

/** Fits ports/clock.ts. */
export const systemClock: {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
} = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};
