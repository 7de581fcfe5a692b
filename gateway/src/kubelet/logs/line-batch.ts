/** Lines that come together are written together. None waits longer than the turn of the event loop in which it came. */
import type { Writable } from "node:stream";

const MOST_BYTES = 64 * 1024;

/** Collects what is to be written. */
export class LineBatch {
  readonly #target: Writable;
  #waiting: Uint8Array[] = [];
  #bytes = 0;

  constructor(target: Writable) {
    this.#target = target;
  }

  /** False: the target wants no more until it has drained. */
  add(line: Uint8Array): boolean {
    if (line.length === 0) return true;
    if (this.#bytes === 0) setImmediate(() => this.flush());
    this.#waiting.push(line);
    this.#bytes += line.length;
    if (this.#bytes >= MOST_BYTES) this.flush();
    return !this.#target.writableNeedDrain;
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#bytes === 0) return;
    const [first] = this.#waiting;
    const bytes = this.#waiting.length === 1 && first !== undefined ? first : Buffer.concat(this.#waiting, this.#bytes);
    this.#waiting = [];
    this.#bytes = 0;
    if (this.#target.writable) this.#target.write(bytes);
  }
}
