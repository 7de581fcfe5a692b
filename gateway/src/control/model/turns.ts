/** The budget of requests, as writes of statuses meet it: each has its turn at once, or waits until it is given. */
import type { Clock } from "../../ports/clock.js";

/** How turns are given. */
export type Giving = "at-once" | "one" | "none";

/** The turns of all gateway processes. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #isClosed = false;
  #heldUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  give(giving: Giving): void {
    this.#isClosed = giving !== "at-once";
    const most = { "at-once": this.#waiting.size, one: 1, none: 0 }[giving];
    for (const go of [...this.#waiting].slice(0, most)) go();
  }

  /** The API server asked for a pause. */
  hold(ms: number): void {
    this.#heldUntil = this.#clock.now() + ms;
  }

  /** undefined: it is the turn of who asks. */
  take(signal: AbortSignal): Promise<void> | undefined {
    const restMs = this.#heldUntil - this.#clock.now();
    if (restMs > 0) return this.#clock.sleep(restMs, signal);
    return this.#isClosed ? this.#wait(signal) : undefined;
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(go);
        reject(signal.reason);
      };
      const go = (): void => {
        this.#waiting.delete(go);
        signal.removeEventListener("abort", leave);
        resolve();
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
