/** Runs work for one key in order, one at a time; work for different keys overlaps. */

/** Queues of work by key. */
export class Serial {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` once all earlier work for the key has ended, well or not. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.#tails.set(key, tail);
    void tail.then(() => this.#tails.get(key) === tail && this.#tails.delete(key));
    return result;
  }

  /** Resolves when all work that was queued so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
