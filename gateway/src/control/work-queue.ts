/**
 * A queue of keys. One key is never worked on twice at once; keys added meanwhile are worked on again afterwards.
 * A key may be added for a later time; the earliest time wins. Failures come back with growing delay.
 */
import type { Clock } from "../ports/clock.js";
import { createTimerHeap } from "./timer-heap.js";

/** What working on a key ended with. */
export type Outcome = { readonly kind: "done" } | { readonly kind: "requeue"; readonly afterMs: number };

/** Nothing more to do until the key is added again. */
export const DONE: Outcome = { kind: "done" };

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

/** A running queue. */
export interface WorkQueue {
  /** Marks a key as due now, or after so many milliseconds. */
  add(key: string, afterMs?: number): void;
  /** Works until the signal aborts, then waits for what is under way. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates a queue; it works once run() is called. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, concurrency, work, onError, backoffMs } = options;
  const ready = new Set<string>();
  const delayed = new Map<string, number>();
  const timers = createTimerHeap();
  const active = new Set<string>();
  const failures = new Map<string, number>();
  let wake = Promise.withResolvers<void>();

  function add(key: string, afterMs = 0): void {
    const at = clock.now() + afterMs;
    if (ready.has(key) || (delayed.get(key) ?? Number.POSITIVE_INFINITY) <= at) return;
    if (afterMs <= 0) {
      delayed.delete(key);
      ready.add(key);
    } else {
      delayed.set(key, at);
      timers.push(at, key);
    }
    wake.resolve();
  }

  async function one(key: string, signal: AbortSignal): Promise<void> {
    try {
      const outcome = await work(key, signal);
      failures.delete(key);
      if (outcome.kind === "requeue") add(key, outcome.afterMs);
    } catch (error) {
      if (signal.aborted) return;
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const retryMs = Math.min(backoffMs.longest, backoffMs.first * 2 ** Math.min(count, 20));
      onError(key, error, retryMs);
      add(key, retryMs);
    } finally {
      active.delete(key);
      wake.resolve();
    }
  }

  /** Moves what is due to ready; returns milliseconds until the next delayed key. */
  function promote(): number {
    for (let at = timers.peek(); at !== undefined; at = timers.peek()) {
      const waitMs = at - clock.now();
      if (waitMs > 0) return waitMs;
      const timer = timers.pop();
      if (timer === undefined || delayed.get(timer.key) !== timer.at) continue; // an earlier time or a direct add won
      delayed.delete(timer.key);
      ready.add(timer.key);
    }
    return Number.POSITIVE_INFINITY;
  }

  function startReady(signal: AbortSignal): void {
    for (const key of ready) {
      if (active.size >= concurrency) return;
      if (active.has(key)) continue;
      ready.delete(key);
      active.add(key);
      void one(key, signal);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    const onAbort = () => wake.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    while (!signal.aborted) {
      wake = Promise.withResolvers<void>();
      const nextMs = promote();
      startReady(signal);
      await sleepOrWake(clock, nextMs, wake.promise);
    }
    while (active.size > 0) {
      wake = Promise.withResolvers<void>();
      await wake.promise;
    }
  }

  return { add, run };
}

async function sleepOrWake(clock: Clock, ms: number, wake: Promise<void>): Promise<void> {
  if (ms === Number.POSITIVE_INFINITY) return wake;
  const cancel = new AbortController();
  const sleep = clock.sleep(ms, cancel.signal).catch(() => {});
  await Promise.race([sleep, wake]);
  cancel.abort();
}
