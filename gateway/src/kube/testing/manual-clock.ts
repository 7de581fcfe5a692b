/** A clock for tests that stands still until it is moved. */
import type { Clock } from "../../ports/clock.js";

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: number = Date.parse("2026-01-01T00:00:00Z")) {
    this.#now = start;
  }

  /** Milliseconds until each sleeper is due, shortest first. */
  get waits(): readonly number[] {
    return [...this.#sleepers].map(({ until }) => until - this.#now).toSorted((one, other) => one - other);
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leave = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      };
      const sleeper = {
        until: this.#now + ms,
        wake: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  /** Moves on and wakes whoever is due. */
  advance(ms: number): void {
    this.#now += ms;
    for (const sleeper of this.#sleepers) {
      if (sleeper.until <= this.#now) {
        this.#sleepers.delete(sleeper);
        sleeper.wake();
      }
    }
  }
}
