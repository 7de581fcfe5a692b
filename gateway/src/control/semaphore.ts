/** Lets at most so many run at once; the limit may change while it is in use. */
export interface Semaphore {
  /** Of those that wait, the lowest rank goes first, then who waits the longest. Default rank 0. */
  run<Result>(work: () => Promise<Result>, rank?: number): Promise<Result>;
  /** How many run now. */
  active(): number;
}

/** Creates a semaphore; `limit` is read each time. */
export function createSemaphore(limit: () => number): Semaphore {
  const waiting: { readonly rank: number; readonly go: () => void }[] = [];
  let active = 0;
  return {
    active: () => active,
    async run(work, rank = 0) {
      while (active >= limit()) {
        await new Promise<void>((go) => {
          const after = waiting.findIndex((other) => other.rank > rank);
          waiting.splice(after < 0 ? waiting.length : after, 0, { rank, go });
        });
      }
      active++;
      try {
        return await work();
      } finally {
        active--;
        waiting.shift()?.go();
      }
    },
  };
}
