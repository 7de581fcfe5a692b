/**
 * The Node authorizer learns from its own watch which objects a node's pods refer to, and that lags a little behind binding. So a
 * 403 on the first read is asked again for some seconds before it counts.
 */
import type { Clock } from "../ports/clock.js";
import { hasStatus } from "./errors.js";

const DELAYS_MS = [50, 100, 250, 500, 1_000, 1_500] as const;

export async function retryForbidden<Value>(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  for (const delayMs of DELAYS_MS) {
    try {
      return await work();
    } catch (error) {
      if (!hasStatus(error, 403)) {
        throw error;
      }
      await clock.sleep(delayMs, signal);
    }
  }
  return work();
}
