/** Made-up pod addresses, 10.66.0.1 or fd66::1 upwards, each given to one pod at a time. */

/** Of IP addresses. */
export type IpFamily = 4 | 6;

/** The pool. */
export class AddressPool {
  readonly #taken = new Set<string>();
  readonly #family: IpFamily;
  #next = 0;

  constructor(family: IpFamily) {
    this.#family = family;
  }

  take(): string {
    for (;;) {
      this.#next += 1;
      const address = addressOf(this.#next, this.#family);
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

function addressOf(number: number, family: IpFamily): string {
  if (family === 4) return `10.${66 + ((number >> 16) & 63)}.${(number >> 8) & 255}.${number & 255}`;
  const [high, low] = [(number >> 16) & 0xffff, number & 0xffff].map((part) => part.toString(16));
  return high === "0" ? `fd66::${low}` : `fd66::${high}:${low}`;
}
