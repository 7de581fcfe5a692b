/** One call for all who ask at the same time, and its answer for all who ask shortly after. */
import type { Clock } from "../../ports/clock.js";

interface Flight<T> {
  readonly answer: Promise<T>;
  readonly over: AbortController;
  waiting: number;
}

/** A read that is shared. Failures are not kept. */
export class SharedRead<T> {
  readonly #read: (signal: AbortSignal) => Promise<T>;
  readonly #clock: Clock;
  readonly #freshMs: number;
  #flight: Flight<T> | undefined;
  #last: { readonly atMs: number; readonly value: T } | undefined;

  constructor(read: (signal: AbortSignal) => Promise<T>, clock: Clock, freshMs: number) {
    this.#read = read;
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  /** A fresh answer or a read under way; undefined: neither. */
  join(signal: AbortSignal): Promise<T> | undefined {
    const last = this.#last;
    const ageMs = last === undefined ? Number.POSITIVE_INFINITY : this.#clock.now() - last.atMs;
    if (last !== undefined && ageMs >= 0 && ageMs < this.#freshMs) return Promise.resolve(last.value);
    return this.#flight && wait(this.#flight, signal);
  }

  /** Joins, or reads. The read ends early when all who wait for it have left. */
  get(signal: AbortSignal): Promise<T> {
    return this.join(signal) ?? wait(this.#start(), signal);
  }

  #start(): Flight<T> {
    const over = new AbortController();
    const flight = { over, waiting: 0, answer: this.#read(over.signal) };
    this.#flight = flight;
    const land = (): void => {
      if (this.#flight === flight) this.#flight = undefined;
    };
    over.signal.addEventListener("abort", land);
    flight.answer.then((value) => {
      this.#last = { atMs: this.#clock.now(), value };
      land();
    }, land);
    return flight;
  }
}

/** Waits for the answer or the signal. */
async function wait<T>(flight: Flight<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {};
  const left = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
  });
  flight.waiting += 1;
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([flight.answer, left]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    flight.waiting -= 1;
    if (flight.waiting === 0) flight.over.abort(new Error("nobody waits for the figures any more"));
  }
}
