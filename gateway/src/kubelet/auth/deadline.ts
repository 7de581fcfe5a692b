/** A limit in time for one question to the API server, by an injected clock. */
import type { Clock } from "../../ports/clock.js";

/** Runs `ask` with a signal that aborts after `ms`. Rejects then even if `ask` does not listen to its signal. */
export async function withDeadline<Value>(
  clock: Clock,
  ms: number,
  ask: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const late = new AbortController();
  const answered = new AbortController();
  const timeout = clock.sleep(ms, answered.signal).then(() => {
    const error = new Error(`no answer within ${ms} ms`);
    late.abort(error);
    throw error;
  });
  try {
    return await Promise.race([ask(late.signal), timeout]);
  } finally {
    answered.abort();
    timeout.catch(() => {});
  }
}
