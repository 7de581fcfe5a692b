/** Hands values from a callback to a reader, one at a time: the writer waits until the reader wants more. */

/** See the head of this file. One writer side, one reader. */
export class Channel<Value> implements AsyncIterable<Value> {
  #waiting: { readonly value: Value; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  #isGone = false;

  /** Resolves when the reader has taken the value, or is gone. */
  async write(value: Value): Promise<void> {
    if (this.#isGone) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ value, taken: resolve });
      this.#wake?.();
    });
  }

  /** Nothing more will be written. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          next.taken();
          yield next.value;
        } else if (this.#isClosed) {
          return;
        } else {
          await this.#somethingNew();
        }
      }
    } finally {
      this.#isGone = true;
      for (const { taken } of this.#waiting) taken();
    }
  }

  async #somethingNew(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
