/**
 * The start of a provider's stream: its first item, or a sign of life. Errors that come at once can so be answered as a
 * status before `opened`, and a silent stream is opened all the same.
 */
import type { Clock } from "../clock/clock.js";

/** How long a first item is waited for before the stream is opened without it, milliseconds. */
const PATIENCE_MS = 20;

/** A stream whose first item was asked for. */
export interface Begun<T> extends AsyncDisposable {
  /** The rest, the first item included. */
  readonly items: AsyncIterable<T>;
}

/** Begins to read. Rejects with an error that comes before the first item within the patience. */
export async function begin<T>(source: AsyncIterable<T>, clock: Clock): Promise<Begun<T>> {
  const iterator = source[Symbol.asyncIterator]();
  const first = iterator.next();
  const { promise: patience, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(PATIENCE_MS, resolve);
  try {
    await Promise.race([first, patience]);
  } finally {
    cancel();
  }
  first.catch(() => {}); // the reader of items sees it
  return { items: continued(first, iterator), [Symbol.asyncDispose]: async () => void (await iterator.return?.()) };
}

async function* continued<T>(first: Promise<IteratorResult<T>>, iterator: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = await first; next.done !== true; next = await iterator.next()) yield next.value;
}

/** Ends an iteration, with the signal's reason, as soon as the signal aborts, whatever the source does. */
export async function* until<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  let rejectStep: (reason: unknown) => void = () => {};
  const abort = () => rejectStep(signal.reason);
  const iterator = source[Symbol.asyncIterator]();
  // No Promise.race with one promise for all items: its reactions would stay, one for every item.
  const nextStep = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      rejectStep = reject;
      iterator.next().then(resolve, reject);
    });
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await nextStep();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
    void Promise.resolve(iterator.return?.()).catch(() => {}); // not awaited: it may be waiting for what never comes
  }
}
