/** A clock that stands still until it is told to move: for tests. */
import type { Clock } from "./clock.js";
import { TimerHeap } from "./timer-heap.js";

/** A clock that moves by `advance` only. */
export class ManualClock implements Clock {
  readonly #timers = new TimerHeap();
  #now: number;

  /** Starts at `start`, milliseconds since 1970. */
  constructor(start: number = Date.UTC(2030, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = this.#timers.add(this.#now + ms, run);
    return () => {
      timer.run = undefined;
    };
  }

  /** Moves on by `ms` milliseconds; each timer on the way runs at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let timer = this.#timers.takeDue(end); timer !== undefined; timer = this.#timers.takeDue(end)) {
      this.#now = Math.max(this.#now, timer.due);
      timer.run?.();
    }
    this.#now = end;
  }
}
