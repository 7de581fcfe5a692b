/**
 * Kubernetes quantities, exact: parse, add, compare, and the canonical spelling of the API server.
 * Values are kept as whole nanos; what is finer is rounded away from zero, as Kubernetes does.
 */

/** How a quantity was spelt, which decides how it is spelt again. */
export type QuantityFormat = "decimal" | "binary" | "exponent";

/** A parsed quantity. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
const ZERO: Quantity = { nano: 0n, format: "decimal" };
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?$/;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;
const DECIMAL = new Map<string, number>([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);

/** undefined: not a quantity. */
export function parseQuantity(text: string): Quantity | undefined {
  const [, sign, whole = "", fraction = "", exponent, suffix = ""] = SHAPE.exec(text) ?? [];
  if (whole + fraction === "") return undefined;
  const magnitude = magnitudeOf(BigInt(whole + fraction), 9 - fraction.length, exponent ?? suffix);
  return { nano: sign === "-" ? -magnitude : magnitude, format: formatOf(exponent, suffix) };
}

function formatOf(exponent: string | undefined, suffix: string): QuantityFormat {
  if (exponent !== undefined) return "exponent";
  return suffix.endsWith("i") ? "binary" : "decimal";
}

/** `unit` is a suffix, or an exponent with its e. */
function magnitudeOf(digits: bigint, power: number, unit: string): bigint {
  const binary = BINARY.indexOf(unit as (typeof BINARY)[number]);
  if (binary > 0) return scale(digits * 1024n ** BigInt(binary), power);
  return scale(digits, power + (DECIMAL.get(unit) ?? Number(unit.slice(1))));
}

/** As parseQuantity, with zero for what is absent or not a quantity. */
export function quantity(text: string | undefined): Quantity {
  return (text === undefined ? undefined : parseQuantity(text)) ?? ZERO;
}

/** Canonical spelling. */
export function formatQuantity(value: Quantity): string {
  if (value.nano === 0n) return "0";
  const sign = value.nano < 0n ? "-" : "";
  const magnitude = value.nano < 0n ? -value.nano : value.nano;
  const binary = value.format === "binary" && magnitude >= 1024n * NANO && magnitude % NANO === 0n;
  return sign + (binary ? formatBinary(magnitude / NANO) : formatDecimal(magnitude, value.format === "exponent"));
}

/** Canonical spelling of a text; the text itself if it is not a quantity. */
export function canonicalQuantity(text: string): string {
  const parsed = parseQuantity(text);
  return parsed === undefined ? text : formatQuantity(parsed);
}

/** As canonicalQuantity, with Ki, Mi and so on where they divide it: as what the machine says of memory is spelt. */
export function binaryQuantity(text: string): string {
  const parsed = parseQuantity(text);
  return parsed === undefined ? text : formatQuantity({ ...parsed, format: "binary" });
}

/** Sum, in the first one's format unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Negative, zero or positive as a is below, equal to or above b. Absent counts as zero. */
export function compareQuantities(a: string | undefined, b: string | undefined): number {
  const difference = quantity(a).nano - quantity(b).nano;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Whole units, rounded up. */
export function wholeUnits(value: Quantity): bigint {
  return ceilDivide(value.nano, NANO);
}

/** Thousandths, rounded up. */
export function milliUnits(value: Quantity): bigint {
  return ceilDivide(value.nano, 1_000_000n);
}

/** Division that rounds up. `b` is positive. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a > 0n && a % b !== 0n ? quotient + 1n : quotient;
}

function scale(digits: bigint, power: number): bigint {
  return power >= 0 ? digits * 10n ** BigInt(power) : ceilDivide(digits, 10n ** BigInt(-power));
}

function formatBinary(value: bigint): string {
  let rest = value;
  let index = 0;
  while (rest % 1024n === 0n && index < BINARY.length - 1) {
    rest /= 1024n;
    index += 1;
  }
  return `${rest}${BINARY[index] ?? ""}`;
}

function formatDecimal(nano: bigint, exponent: boolean): string {
  let rest = nano;
  let power = -9;
  while (rest % 1000n === 0n && power < 18) {
    rest /= 1000n;
    power += 3;
  }
  if (power === 0) return String(rest);
  if (exponent) return `${rest}e${power}`;
  const suffix = [...DECIMAL].find(([, each]) => each === power)?.[0] ?? "";
  return `${rest}${suffix}`;
}
