/** One outage of the provider: when to try again, and what has been told of it, so that nothing is told twice. */
import type { Trouble } from "./errors.js";

const FIRST_MS = 200;
const LONGEST_MS = 30_000;
/** A session that was open for so long was a good one: the next outage starts over. */
const STABLE_MS = 30_000;

/** Counts failures in a row. */
export class Outage {
  #failures = 0;
  #isOver = false;
  #told: Trouble | undefined;

  /** A session broke after so many milliseconds; 0: none could be opened. */
  failed(openMs: number): void {
    this.#failures = openMs >= STABLE_MS ? 1 : this.#failures + 1;
  }

  /** Milliseconds until the next try: doubled each time up to 30 s, between half and all of it by chance. */
  delayMs(): number {
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(10, this.#failures - 1));
    return delayMs * (0.5 + Math.random() / 2);
  }

  /** Milliseconds until the next try when only a change of the provider can help. */
  slowDelayMs(): number {
    return LONGEST_MS * (0.5 + Math.random() / 2);
  }

  /** True once for each new kind of trouble within one outage. */
  isNews(trouble: Trouble): boolean {
    this.#isOver = false;
    const isNews = this.#told?.reason !== trouble.reason || this.#told.message !== trouble.message;
    this.#told = trouble;
    return isNews;
  }

  /** The provider works: the next trouble is news. True the first time. */
  over(): boolean {
    const wasOver = this.#isOver;
    this.#isOver = true;
    this.#told = undefined;
    return !wasOver;
  }
}
