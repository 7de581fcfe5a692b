/** One of so many is forgotten when there is no room: to find the oldest costs the more the more often it is looked for. */
const SHARE = 8;

/** A map that forgets what was used longest ago. */
export class Lru<Value> {
  readonly #limit: number;
  readonly #entries = new Map<string, Value>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) this.#forgetOldest(Math.ceil(this.#limit / SHARE));
  }

  #forgetOldest(count: number): void {
    let left = count;
    for (const key of this.#entries.keys()) {
      if (left-- === 0) return;
      this.#entries.delete(key);
    }
  }
}
