/** Equality of messages by value: maps, lists, bytes, dates and numbers. */

type Plain = Readonly<Record<string, unknown>>;

/** True when two message values are equal; a field that is undefined equals one that is absent. */
export function same(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (isObject(a) && isObject(b) && sameObjects(a, b));
}

function sameObjects(a: object, b: object): boolean {
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Map) return b instanceof Map && sameMaps(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && sameLists(a, b);
  return sameFields(a as Plain, b as Plain);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function sameMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && same(value, b.get(key)));
}

function sameLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => same(value, b[index]));
}

function sameFields(a: Plain, b: Plain): boolean {
  for (const key in a) if (!same(a[key], b[key])) return false;
  for (const key in b) if (a[key] === undefined && b[key] !== undefined) return false;
  return true;
}
