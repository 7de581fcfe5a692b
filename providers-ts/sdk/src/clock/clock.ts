/** Time as the SDK and providers see it. Nothing else reads the machine's clock or sets timers. */

/** A source of time and of timers. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once, `ms` milliseconds from now at the earliest. The returned function takes it back. */
  after(ms: number, run: () => void): () => void;
}

/** Resolves after `ms` milliseconds of the clock; rejects with the signal's reason when it aborts before. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}
