// Lets cells that run side by side meet: what hits all of them at once is done once, by the last that comes.

export interface Conductor {
  /** Waits for all others at this point; the last one does it. */
  together(step: () => Promise<void>): Promise<void>;
  /** This cell does not come any more. */
  leave(): void;
}

export function conduct(count: number): Conductor {
  let members = count;
  let waiting: (() => void)[] = [];
  let failing: ((error: unknown) => void)[] = [];
  let pending: (() => Promise<void>) | undefined;
  const go = (): void => {
    if (pending === undefined || waiting.length < members) return;
    const [step, done, failed] = [pending, waiting, failing];
    [pending, waiting, failing] = [undefined, [], []];
    step().then(
      () => done.forEach((one) => one()),
      (error: unknown) => failed.forEach((one) => one(error)),
    );
  };
  return {
    together: async (step) =>
      new Promise((resolve, reject) => {
        pending = step;
        waiting.push(resolve);
        failing.push(reject);
        go();
      }),
    leave: () => {
      members--;
      go();
    },
  };
}
