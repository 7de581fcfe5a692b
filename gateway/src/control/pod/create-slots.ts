/** Creates under way at once. A pod that finds no place is queued again when one is free: it must not hold a worker. */
export class CreateSlots {
  readonly #most: () => number;
  readonly #requeue: (uid: string) => void;
  readonly #waiting = new Set<string>();
  #active = 0;

  constructor(most: () => number, requeue: (uid: string) => void) {
    this.#most = most;
    this.#requeue = requeue;
  }

  /** False: no place now; the UID is queued again later. */
  enter(uid: string): boolean {
    this.#waiting.delete(uid);
    if (this.#active >= this.#most()) {
      this.#waiting.add(uid);
      return false;
    }
    this.#active++;
    return true;
  }

  leave(): void {
    this.#active--;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#requeue(next);
  }
}
