/** Numbers that look random and are the same in every run: a mutation that breaks something can be repeated. */

/** Whole numbers from 0 to below `limit`. */
export type Random = (limit: number) => number;

/** A generator from a seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
}

/** A copy with up to three small damages: a byte, a bit, or a piece in the wrong place. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  const mutated = Buffer.from(bytes);
  if (mutated.length === 0) return mutated;
  for (let count = random(4); count > 0; count--) {
    const at = random(mutated.length);
    const kind = random(3);
    if (kind === 0) mutated[at] = random(256);
    else if (kind === 1) mutated[at] = (mutated[at] ?? 0) ^ (1 << random(8));
    else mutated.copy(mutated, at, random(mutated.length), Math.min(mutated.length, at + 20));
  }
  return mutated;
}

/** The bytes in pieces of up to `most`. */
export function* cut(bytes: Buffer, most: number, random: Random): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random(most);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
