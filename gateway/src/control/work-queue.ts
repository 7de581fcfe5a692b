/**
 * A queue of keys. One key is never worked on twice at once; keys added meanwhile are worked on again afterwards.
 * A key may be added for a later time; the earliest time wins. Failures come back with growing delay.
 */
import { setImmediate as othersTurn } from "node:timers/promises";
import type { Clock } from "../ports/clock.js";
import { createTimerHeap } from "./timer-heap.js";

/** What working on a key ended with. */
export type Outcome = { readonly kind: "done" } | { readonly kind: "requeue"; readonly afterMs: number };

/** Nothing more to do until the key is added again. */
export const DONE: Outcome = { kind: "done" };

/** Keys begun in a row: after a list of thousands of pods sockets and timers must have their turn in between. */
const MOST_IN_A_ROW = 32;

/** How a queue works. */
export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Keys worked on at once. */
  readonly concurrency: number;
  readonly work: (key: string, signal: AbortSignal) => Promise<Outcome>;
  /** Told of each failure; the key is tried again after retryMs. */
  readonly onError: (key: string, error: unknown, retryMs: number) => void;
  /** First and longest delay after failures, milliseconds. */
  readonly backoffMs: { readonly first: number; readonly longest: number };
}

/** The queue; it works once run() is called. */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  readonly #delayed = new Map<string, number>();
  readonly #timers = createTimerHeap();
  readonly #active = new Set<string>();
  readonly #failures = new Map<string, number>();
  #wake = Promise.withResolvers<void>();
  #alarm: Alarm = noAlarm();
  #turnedAt: number | undefined;
  #leftInARow = MOST_IN_A_ROW;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  /** When the loop last turned, milliseconds; undefined: it has not begun. */
  get turnedAt(): number | undefined {
    return this.#turnedAt;
  }

  /** Marks a key as due now, or after so many milliseconds. */
  add(key: string, afterMs = 0): void {
    const at = this.#options.clock.now() + afterMs;
    if (this.#ready.has(key) || (this.#delayed.get(key) ?? Number.POSITIVE_INFINITY) <= at) return;
    if (afterMs <= 0) {
      this.#delayed.delete(key);
      this.#ready.add(key);
    } else {
      this.#delayed.set(key, at);
      this.#timers.push(at, key);
    }
    this.#wake.resolve();
  }

  /** Works until the signal aborts, then waits for what is under way. */
  async run(signal: AbortSignal): Promise<void> {
    const wakeUp = () => this.#wake.resolve();
    signal.addEventListener("abort", wakeUp, { once: true });
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      this.#turnedAt = this.#options.clock.now();
      const nextAt = this.#promote();
      if (this.#startReady(signal) === "more") {
        await othersTurn();
        this.#leftInARow = MOST_IN_A_ROW;
        continue;
      }
      this.#wakeAt(nextAt);
      await this.#wake.promise;
    }
    signal.removeEventListener("abort", wakeUp);
    this.#alarm.cancel.abort();
    while (this.#active.size > 0) {
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
  }

  /** Moves what is due to ready; returns when the next delayed key is due, Infinity if none is. */
  #promote(): number {
    for (let at = this.#timers.peek(); at !== undefined; at = this.#timers.peek()) {
      if (at > this.#options.clock.now()) return at;
      const timer = this.#timers.pop();
      if (timer === undefined || this.#delayed.get(timer.key) !== timer.at) continue; // an earlier time or a direct add won
      this.#delayed.delete(timer.key);
      this.#ready.add(timer.key);
    }
    return Number.POSITIVE_INFINITY;
  }

  /** "more": others could begin at once. */
  #startReady(signal: AbortSignal): "more" | "all" {
    for (const key of this.#ready) {
      if (this.#active.size >= this.#options.concurrency) return "all";
      if (this.#active.has(key)) continue;
      if (this.#leftInARow === 0) return "more";
      this.#leftInARow -= 1;
      this.#ready.delete(key);
      this.#active.add(key);
      void this.#workOn(key, signal);
    }
    return "all";
  }

  async #workOn(key: string, signal: AbortSignal): Promise<void> {
    try {
      const outcome = await this.#options.work(key, signal);
      this.#failures.delete(key);
      if (outcome.kind === "requeue") this.add(key, outcome.afterMs);
    } catch (error) {
      if (!signal.aborted) this.#fail(key, error);
    } finally {
      this.#active.delete(key);
      this.#wake.resolve();
    }
  }

  #fail(key: string, error: unknown): void {
    const { backoffMs, onError } = this.#options;
    const count = this.#failures.get(key) ?? 0;
    this.#failures.set(key, count + 1);
    const retryMs = Math.min(backoffMs.longest, backoffMs.first * 2 ** Math.min(count, 20));
    onError(key, error, retryMs);
    this.add(key, retryMs);
  }

  /**
   * Wakes the loop at a time. A timer that is due earlier stays as it is: to wake once too often costs less than a new
   * timer for each change.
   */
  #wakeAt(at: number): void {
    if (at >= this.#alarm.at) return;
    this.#alarm.cancel.abort(REPLACED);
    const alarm = { at, cancel: new AbortController() };
    this.#alarm = alarm;
    const ring = () => {
      if (this.#alarm !== alarm) return;
      this.#alarm = noAlarm();
      this.#wake.resolve();
    };
    this.#options.clock.sleep(at - this.#options.clock.now(), alarm.cancel.signal).then(ring, () => {});
  }
}

/** Made once: abort() alone makes an error with its stack each time. */
const REPLACED = new Error("another timer is set");

/** A timer of the loop. */
interface Alarm {
  readonly at: number;
  readonly cancel: AbortController;
}

function noAlarm(): Alarm {
  return { at: Number.POSITIVE_INFINITY, cancel: new AbortController() };
}
