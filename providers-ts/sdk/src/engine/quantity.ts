/** Kubernetes quantities of bytes. Pure. */

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  m: 1e-3,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Bytes, rounded up; undefined: no quantity. */
export function parseBytes(text: string | undefined): number | undefined {
  const match = /^\+?(\d+(?:\.\d*)?|\.\d+)(?:e([+-]?\d+))?([A-Za-z]*)$/.exec(text ?? "");
  const factor = FACTORS[match?.[3] ?? ""];
  if (match === null || factor === undefined) return undefined;
  return Math.ceil(Number(match[1]) * 10 ** Number(match[2] ?? "0") * factor);
}
