/** Counts open streams to the provider, which says how many it can bear. */

/** Gives places for streams. */
export interface StreamSlots {
  /** A place; the function gives it back (twice is the same as once). Undefined: all are taken. */
  take(): (() => void) | undefined;
  /** How many there are. */
  limit(): number;
}

/** Makes the count; `limit` may change between sessions and does not end streams that are open. */
export function createStreamSlots(limit: () => number): StreamSlots {
  let open = 0;
  return {
    limit,
    take() {
      if (open >= limit()) return undefined;
      open += 1;
      let held = true;
      return () => {
        if (held) open -= 1;
        held = false;
      };
    },
  };
}
