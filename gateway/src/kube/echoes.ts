/**
 * resourceVersions that our own writes returned, so that the watch can drop the line that repeats them. Bounded: the oldest are
 * forgotten, and a line that came before the answer is simply read.
 */
export class Echoes {
  readonly #versions = new Set<string>();
  readonly #limit: number;

  constructor(limit = 4_096) {
    this.#limit = limit;
  }

  note(resourceVersion: string): void {
    this.#versions.add(resourceVersion);
    if (this.#versions.size > this.#limit) {
      const [oldest] = this.#versions;
      this.#versions.delete(oldest ?? "");
    }
  }

  /** Was this ours? Each is answered once. */
  take(resourceVersion: string): boolean {
    return this.#versions.delete(resourceVersion);
  }
}
