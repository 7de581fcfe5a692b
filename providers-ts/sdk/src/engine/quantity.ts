/** Kubernetes quantities as numbers. Pure. */

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes, rounded up; undefined: no quantity. */
export function parseBytes(text: string | undefined): number | undefined {
  const amount = parse(text);
  return amount === undefined ? undefined : Math.ceil(amount);
}

/** The smallest of bounds; undefined and 0: no bound. */
export function least(...sizes: readonly (number | undefined)[]): number | undefined {
  const known = sizes.filter((size): size is number => size !== undefined && size > 0);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Thousandths of a core, rounded up; undefined: no quantity. */
export function parseCpuMillis(text: string | undefined): number | undefined {
  const cores = parse(text);
  // The cut takes away what binary fractions add.
  return cores === undefined ? undefined : Math.ceil(Number((cores * 1000).toFixed(6)));
}

function parse(text: string | undefined): number | undefined {
  const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?([A-Za-z]*)$/.exec(text ?? "");
  const factor = FACTORS[match?.[3] ?? ""];
  if (match === null || factor === undefined) return undefined;
  return Number(match[1]) * 10 ** Number(match[2] ?? "0") * factor;
}
