/** Messages that a test hands out one by one. */

/** An endless stream until end(), fail() or the peer's leaving. */
export class ScriptedStream<Message> implements AsyncIterable<Message> {
  readonly #pending: Message[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(gone: AbortSignal) {
    gone.addEventListener("abort", () => this.end(), { once: true });
  }

  /** The peer has left, or the stream was ended. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  send(message: Message): void {
    this.#pending.push(message);
    this.#wake.resolve();
  }

  end(): void {
    this.#end ??= {};
    this.#wake.resolve();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message> {
    for (;;) {
      const next = this.#pending.shift();
      if (next !== undefined) yield next;
      else if (this.#end?.error !== undefined) throw this.#end.error;
      else if (this.#end !== undefined) return;
      else {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    }
  }
}
