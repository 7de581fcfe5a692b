/** Lets at most so many run at once; the limit may change while it is in use. */
export interface Semaphore {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** How many run now. */
  active(): number;
}

/** Creates a semaphore; `limit` is read each time. */
export function createSemaphore(limit: () => number): Semaphore {
  const waiting: (() => void)[] = [];
  let active = 0;
  return {
    active: () => active,
    async run(work) {
      while (active >= limit()) await new Promise<void>((resolve) => waiting.push(resolve));
      active++;
      try {
        return await work();
      } finally {
        active--;
        waiting.shift()?.();
      }
    },
  };
}
