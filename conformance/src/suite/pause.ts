/** Waiting that can be called off. */
import { setTimeout as delay } from "node:timers/promises";

/** Resolves after so many milliseconds. @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Aborted after so many milliseconds, which may be a fraction. */
export function timeLimit(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(ms));
}
