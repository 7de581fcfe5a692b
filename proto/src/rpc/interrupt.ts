/**
 * Waiting that can be cut short: what Promise.race would do, without a reaction left behind for every wait. A stream may
 * carry millions of frames, and each is one wait.
 */
export interface Interrupt {
  /** Settles as the promise does, or rejects with the reason of `fire`. One wait at a time. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Ends the present wait and every later one. The first reason stays. */
  fire(reason: unknown): void;
  readonly fired: boolean;
}

/** Makes one; it is not fired. */
export function createInterrupt(): Interrupt {
  let fired: { readonly reason: unknown } | undefined;
  let rejectCurrent: ((reason: unknown) => void) | undefined;
  return {
    get fired() {
      return fired !== undefined;
    },
    race: (promise) =>
      new Promise((resolve, reject) => {
        promise.then(resolve, reject);
        if (fired === undefined) rejectCurrent = reject;
        else reject(fired.reason);
      }),
    fire: (reason) => {
      fired ??= { reason };
      rejectCurrent?.(fired.reason);
    },
  };
}
