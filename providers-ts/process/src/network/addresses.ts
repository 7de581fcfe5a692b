/** IPv4 ranges and the choice of addresses in them. Pure. */

export interface Range {
  /** First address, as a number. */
  readonly base: number;
  readonly bits: number;
}

const BITS = 32;

/** @throws Error when it is no IPv4 range with room for pods. */
export function parseRange(cidr: string): Range {
  const [address = "", length = ""] = cidr.split("/");
  const bits = Number(length);
  const parts = address.split(".").map(Number);
  const good = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  if (!good || !/^\d+$/.test(length) || bits < 8 || bits > 29) throw new Error(`${cidr} is no IPv4 range of /8 to /29`);
  const number = parts.reduce((sum, part) => sum * 256 + part, 0);
  return { base: number - (number % 2 ** (BITS - bits)), bits };
}

export function rangeAddress({ base }: Range, index: number): string {
  const number = base + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** The first address is the bridge's, the last the broadcast. @throws Error when all are taken. */
export function firstFreeAddress(range: Range, taken: ReadonlySet<string>): string {
  const size = 2 ** (BITS - range.bits);
  for (let index = 2; index < size - 1; index += 1) {
    const address = rangeAddress(range, index);
    if (!taken.has(address)) return address;
  }
  throw new Error("no pod address is free");
}

/** A /24 of 10.208.0.0/12 that no route names; the seed spreads providers of one host. */
export function freeRange(routes: string, seed: number): string {
  const used = new Set(
    [...routes.matchAll(/\b10\.(\d+)\.(\d+)\.\d+/g)].map(([, second, third]) => `${second ?? ""}.${third ?? ""}`),
  );
  for (let tries = 0; tries < 4096; tries += 1) {
    const index = (seed + tries) % 4096;
    const [second, third] = [208 + Math.floor(index / 256), index % 256];
    if (!used.has(`${String(second)}.${String(third)}`)) return `10.${String(second)}.${String(third)}.0/24`;
  }
  throw new Error("no range for pod addresses is free in 10.208.0.0/12");
}
