/** Waits that an abort ends even if the other side does not listen to its signal. */

/** Like the promise, but rejects with the signal's reason when it aborts first. */
export async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  aborted.catch(() => {});
  promise.catch(() => {});
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Like the iterable, but an abort ends the wait for the next item. Leaving early closes the source. */
export async function* untilAborted<Item>(source: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  const iterator = source[Symbol.asyncIterator]();
  let rejectStep: (reason: unknown) => void = () => {};
  const onAbort = (): void => rejectStep(signal.reason);
  // One listener for all items, and nothing that grows with them: a log may have millions of lines.
  const nextStep = (): Promise<IteratorResult<Item>> =>
    new Promise((resolve, reject) => {
      rejectStep = reject;
      iterator.next().then(resolve, reject);
    });
  let ended = false;
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const step = await nextStep();
      ended = step.done === true;
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!ended) iterator.return?.().catch(() => {});
  }
}
