/**
 * A short memory for objects read by name: readers of the same object share one call, and an answer is good for a moment. It
 * only takes the edge off a burst of pods that name the same object; absence and failures are not remembered.
 */
import type { Clock } from "../ports/clock.js";

export class ObjectCache<Item> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #kept = new Map<string, { readonly value: Item; readonly until: number }>();
  readonly #pending = new Map<string, Promise<Item | undefined>>();

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /** `read` gets a signal of its own: one reader that leaves does not end the call of the others. */
  async get(key: string, signal: AbortSignal, read: () => Promise<Item | undefined>): Promise<Item | undefined> {
    const now = this.#clock.now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now < kept.until) {
      return kept.value;
    }
    const pending = this.#pending.get(key) ?? this.#start(key, read);
    return orAbort(pending, signal);
  }

  /** What is kept, or being read, is old: the next reader asks again. */
  drop(key: string): void {
    this.#kept.delete(key);
    this.#pending.delete(key);
  }

  #start(key: string, read: () => Promise<Item | undefined>): Promise<Item | undefined> {
    const startedAt = this.#clock.now();
    const isCurrent = (): boolean => this.#pending.get(key) === tracked;
    const work = read().then((value) => {
      this.#forgetOld();
      if (value !== undefined && isCurrent()) {
        this.#kept.set(key, { value, until: startedAt + this.#ttlMs });
      }
      return value;
    });
    const tracked = work.finally(() => isCurrent() && this.#pending.delete(key));
    tracked.catch(() => undefined);
    this.#pending.set(key, tracked);
    return tracked;
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#kept) {
      if (until <= now) {
        this.#kept.delete(key);
      }
    }
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function orAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  return new Promise<Value>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    const leave = (): void => signal.removeEventListener("abort", abort);
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error: unknown) => {
        leave();
        reject(error);
      },
    );
  });
}
