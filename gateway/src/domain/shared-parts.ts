/** Equal parts of JSON values kept once: of thousands of pods most differ in a few places only. */

type JsonMap = Readonly<Record<string, unknown>>;

/**
 * The same value, with every part that `known` has at the same place taken from there; `known` itself if all is equal. Both
 * stay as they are. Texts are shared as well: each parsed one takes memory of its own.
 */
export function withSharedParts<Value>(value: Value, known: unknown): Value {
  return shared(value, known) as Value;
}

function shared(value: unknown, known: unknown): unknown {
  if (!isObject(value) || !isObject(known)) return value === known ? known : value;
  if (isEqual(value, known)) return known;
  if (Array.isArray(value))
    return Array.isArray(known) ? value.map((item, index) => shared(item, known[index])) : value;
  return Array.isArray(known) ? value : sharedMap(value as JsonMap, known as JsonMap);
}

/** A copy by spreading is smaller than one that is filled key by key. */
function sharedMap(value: JsonMap, known: JsonMap): JsonMap {
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) copy[key] = shared(value[key], known[key]);
  return copy;
}

/** Most parts are equal, or differ early: nothing is copied before it is known. */
function isEqual(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return a === b;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (Array.isArray(b)) return false;
  const [left, right] = [a as JsonMap, b as JsonMap];
  let count = 0;
  for (const key in left) {
    if (!isEqual(left[key], right[key])) return false;
    count += 1;
  }
  return count === Object.keys(right).length;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
