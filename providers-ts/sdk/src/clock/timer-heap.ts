/** Timers ordered by their due time: a binary heap. Cancelled ones stay until they come up, without their function. */

/** One timer. */
export interface Timer {
  readonly due: number;
  /** Makes timers with an equal due time run in the order of their making. */
  readonly order: number;
  run: (() => void) | undefined;
}

/** A heap of timers, earliest first. */
export class TimerHeap {
  readonly #items: Timer[] = [];
  #made = 0;

  /** Adds a timer. */
  add(due: number, run: () => void): Timer {
    const timer: Timer = { due, order: this.#made++, run };
    this.#items.push(timer);
    this.#up(this.#items.length - 1);
    return timer;
  }

  /** Due time of the earliest timer; undefined when there is none. */
  earliest(): number | undefined {
    while (this.#items[0] !== undefined && this.#items[0].run === undefined) this.#pop();
    return this.#items[0]?.due;
  }

  /** Takes the earliest timer that is due at `now`. */
  takeDue(now: number): Timer | undefined {
    const due = this.earliest();
    return due !== undefined && due <= now ? this.#pop() : undefined;
  }

  #pop(): Timer | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last;
      this.#down(0);
    }
    return first;
  }

  #up(start: number): void {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #down(start: number): void {
    let index = start;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = this.#isEarlier(right, left) ? right : left;
      if (!this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #swapIfEarlier(low: number, high: number): boolean {
    const [a, b] = [this.#items[low], this.#items[high]];
    if (a === undefined || b === undefined || !this.#isEarlier(low, high)) return false;
    this.#items[low] = b;
    this.#items[high] = a;
    return true;
  }

  #isEarlier(first: number, second: number): boolean {
    const [a, b] = [this.#items[first], this.#items[second]];
    if (a === undefined || b === undefined) return false;
    return a.due === b.due ? a.order < b.order : a.due < b.due;
  }
}
