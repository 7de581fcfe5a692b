/** Counts open streams to the provider, which says how many it can bear. */

/** Gives places for streams. */
export interface StreamSlots {
  /** A place; the function gives it back (twice is the same as once). Undefined: all are taken. */
  take(): (() => void) | undefined;
  /** A place as soon as there is one, first come first served. Undefined: the signal aborted before. */
  wait(signal: AbortSignal): Promise<(() => void) | undefined>;
  /** How many there are. */
  limit(): number;
}

/** Makes the count; `limit` may change between sessions and does not end streams that are open. */
export function createStreamSlots(limit: () => number): StreamSlots {
  let open = 0;
  const waiting = new Set<() => void>();
  const take = (): (() => void) | undefined => {
    if (open >= limit()) return undefined;
    open += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      open -= 1;
      for (const wake of waiting) wake();
    };
  };
  const wait = (signal: AbortSignal): Promise<(() => void) | undefined> =>
    new Promise((resolve) => {
      const attempt = (): void => {
        const place = signal.aborted ? undefined : take();
        if (place === undefined && !signal.aborted) return;
        waiting.delete(attempt);
        signal.removeEventListener("abort", attempt);
        resolve(place);
      };
      waiting.add(attempt);
      signal.addEventListener("abort", attempt, { once: true });
      attempt();
    });
  return { limit, take, wait };
}
