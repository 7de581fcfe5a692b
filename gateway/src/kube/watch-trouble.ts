/** What went wrong with a watch, in a row: how long to pause, and whether the API server counts as out of reach. Pure. */
import { ApiError } from "../ports/pods.js";
import { backoffMs } from "./backoff.js";
import { hasStatus } from "./errors.js";
import { UnreadableLine } from "./lines.js";

/** resume: from the last version. relist: the past is gone, or something was missed. lost: an outage begins; then relist. */
export type Verdict = "resume" | "relist" | "lost";

const BACKOFF = { firstMs: 200, longestMs: 30_000 } as const;
/** A watch that lasted this long was healthy: the next trouble starts from the shortest pause. */
const HEALTHY_MS = 30_000;
/** One refusal may be a matter of load; the second in a row is an outage. */
const REFUSALS = 2;

export class WatchTrouble {
  #failures = 0;
  #refusals = 0;
  #isOpen = false;
  #isLost = false;
  #retryAfterMs = 0;

  listed(): void {
    this.#isLost = false;
  }

  opened(): void {
    this.#isOpen = true;
  }

  /** The server closed the watch in good order. One that does so at once is not healthy either. */
  ended(lastedMs: number): void {
    this.#isOpen = false;
    this.#refusals = 0;
    this.#retryAfterMs = 0;
    this.#failures = lastedMs >= HEALTHY_MS ? 0 : this.#failures + 1;
  }

  /** `isKnown`: a list was had, so that there is something to resume from. */
  failed(error: unknown, lastedMs: number, isKnown: boolean): Verdict {
    this.#failures = lastedMs >= HEALTHY_MS ? 1 : this.#failures + 1;
    this.#refusals = this.#isOpen ? 0 : this.#refusals + 1;
    this.#isOpen = false;
    this.#retryAfterMs = retryAfterMs(error);
    if (error instanceof UnreadableLine || hasStatus(error, 410)) {
      return "relist";
    }
    if (this.#isLost || (isKnown && this.#refusals < REFUSALS)) {
      return "resume";
    }
    this.#isLost = true;
    return "lost";
  }

  /** How long to wait before the next try. */
  pauseMs(random: number): number {
    const backoff = this.#failures === 0 ? 0 : backoffMs(BACKOFF, this.#failures, random);
    return Math.max(backoff, this.#retryAfterMs);
  }
}

function retryAfterMs(error: unknown): number {
  return error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
}
