/** Kubernetes quantities: "1500m", "64Mi", "1e3". */

const SUFFIXES: Readonly<Record<string, number>> = {
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

/** The value in base units; undefined for a text that is no quantity. */
export function parseQuantity(text: string): number | undefined {
  const exponent = /^[+-]?(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+$/.exec(text);
  if (exponent !== null) return Number(text);
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))([a-zA-Z]*)$/.exec(text);
  const factor = SUFFIXES[match?.[2] ?? "none"];
  return match?.[1] === undefined || factor === undefined ? undefined : Number(match[1]) * factor;
}
