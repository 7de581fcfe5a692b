/** Lets at most so many run at once; the limit may change while it is in use. */
export interface Semaphore {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** True if whoever comes now must wait. */
  isFull(): boolean;
}

/** Creates a semaphore; `limit` is read each time. */
export function createSemaphore(limit: () => number): Semaphore {
  const waiting: (() => void)[] = [];
  let active = 0;
  return {
    isFull: () => active >= limit(),
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
