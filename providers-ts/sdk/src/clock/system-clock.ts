/**
 * The machine's clock, with one timer of the machine for all timers of the program, whatever their number, and a way to
 * move it forward (for tests over the wire). Its timers do not keep the process alive.
 */
import type { Clock } from "./clock.js";
import { TimerHeap } from "./timer-heap.js";

/** Node's longest timer. */
const MAX_DELAY_MS = 2_147_483_647;

/** The machine's clock plus an offset that only grows. */
export class SystemClock implements Clock {
  readonly #timers = new TimerHeap();
  #offset = 0;
  #alarm: NodeJS.Timeout | undefined;
  #alarmAt = Number.POSITIVE_INFINITY;

  now(): number {
    return Date.now() + this.#offset;
  }

  after(ms: number, run: () => void): () => void {
    const timer = this.#timers.add(this.now() + ms, run);
    if (timer.due < this.#alarmAt) this.#arm();
    return () => {
      timer.run = undefined;
    };
  }

  /** Moves the clock forward by `ms` milliseconds and runs the timers that became due. */
  advance(ms: number): void {
    this.#offset += ms;
    this.#runDue();
  }

  #runDue(): void {
    const now = this.now();
    for (let timer = this.#timers.takeDue(now); timer !== undefined; timer = this.#timers.takeDue(now)) timer.run?.();
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#alarm);
    const due = this.#timers.earliest();
    this.#alarmAt = due ?? Number.POSITIVE_INFINITY;
    if (due === undefined) return;
    const delay = Math.min(Math.max(due - this.now(), 1), MAX_DELAY_MS);
    this.#alarm = setTimeout(() => this.#runDue(), delay).unref();
  }
}
