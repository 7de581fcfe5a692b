/** Made-up pod addresses, 10.66.0.1 upwards, each given to one pod at a time. */

/** The pool. */
export class AddressPool {
  readonly #taken = new Set<string>();
  #next = 0;

  take(): string {
    for (;;) {
      this.#next += 1;
      const address = `10.${66 + ((this.#next >> 16) & 63)}.${(this.#next >> 8) & 255}.${this.#next & 255}`;
      if (!this.#taken.has(address)) {
        this.#taken.add(address);
        return address;
      }
    }
  }

  reserve(address: string): void {
    this.#taken.add(address);
  }

  free(address: string): void {
    this.#taken.delete(address);
  }
}
