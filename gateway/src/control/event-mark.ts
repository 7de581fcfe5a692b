/**
 * Up to where the provider's events have been told, by the provider's clock: a gateway that starts again goes on from the mark
 * that the one before it left in the node's Lease. A mark is left late and never early: what lies behind it is stored.
 */
import type { Clock } from "../ports/clock.js";

/** What is told and stored, and has no older event on its way, after this time, milliseconds. */
const SETTLED_MS = 9_000;

/** What a mark needs. */
export interface EventMarkOptions {
  readonly clock: Clock;
  /** No event waits to be stored. */
  readonly isIdle: () => boolean;
}

/** The mark. Times in milliseconds since 1970. */
export class EventMark {
  readonly #options: EventMarkOptions;
  #before: number | undefined;
  #last: number | undefined;
  #next: { readonly mark: number; readonly since: number } | undefined;
  #left: number | undefined;

  constructor(options: EventMarkOptions) {
    this.#options = options;
  }

  /** What the process before this one left; undefined: nothing, or it is not known. */
  get before(): number | undefined {
    return this.#before;
  }

  /** Goes on from what was found. */
  start(found: string | undefined): void {
    const mark = Date.parse(found ?? "");
    if (!Number.isNaN(mark)) this.#before = mark;
  }

  /** An event of this time has been told. */
  told(at: number): void {
    if (!Number.isNaN(at)) this.#last = at;
  }

  /** RFC 3339, to be stored now; undefined: what is stored stays. Asked for at each renewal of the Lease. */
  value(): string | undefined {
    const { clock, isIdle } = this.#options;
    const now = clock.now();
    if (this.#next !== undefined && now - this.#next.since >= SETTLED_MS && isIdle()) {
      this.#left = this.#next.mark;
      this.#next = undefined;
    }
    if (this.#next === undefined && this.#last !== undefined && this.#last !== this.#left) {
      this.#next = { mark: this.#last, since: now };
    }
    return this.#left === undefined ? undefined : new Date(this.#left).toISOString();
  }
}
