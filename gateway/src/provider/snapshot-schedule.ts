/** When the next snapshot is taken beside the open watch: every five minutes, and once an incomplete inventory is complete. */
import type { Clock } from "../ports/clock.js";

const EVERY_MS = 5 * 60_000;

/** The schedule of one session. */
export class SnapshotSchedule {
  readonly #clock: Clock;
  #isIncomplete = false;
  #wake = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A snapshot ended; also told "incomplete" when one broke. */
  ended(isComplete: boolean): void {
    this.#isIncomplete = !isComplete;
  }

  /** The provider says whether it knows all of its pods. */
  inventory(isComplete: boolean): void {
    if (isComplete && this.#isIncomplete) this.#wake.abort();
  }

  /** Resolves when it is time. */
  async next(signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(EVERY_MS, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    signal.throwIfAborted();
    this.#wake = new AbortController();
    this.#isIncomplete = false;
  }
}
