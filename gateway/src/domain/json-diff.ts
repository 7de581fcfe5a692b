/** Comparing JSON values as Kubernetes means them: null and absent are the same, the order of keys does not matter. */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type JsonMap = Readonly<Record<string, unknown>>;

/** True if both mean the same. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b || (isAbsent(a) && isAbsent(b))) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameValue(item, b[index]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  return (
    Object.keys(a).every((key) => sameValue(a[key], b[key])) &&
    Object.keys(b).every((key) => Object.hasOwn(a, key) || isAbsent(b[key]))
  );
}

/** What turns one map into the other when merged: changed keys, null for removed ones. undefined: nothing. */
export function changedMap(from: unknown, to: unknown): Readonly<Record<string, Json>> | null | undefined {
  if (sameValue(from, to)) return undefined;
  if (!isMap(to)) return null;
  const before: JsonMap = isMap(from) ? from : {};
  const change: Record<string, Json> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(to)])) {
    if (sameValue(before[key], to[key])) continue;
    const value = to[key];
    change[key] = (isMap(value) ? changedMap(before[key], value) : withoutNulls(value)) ?? null;
  }
  return change;
}

/** The value with nulls and undefined left out at every depth; undefined if it is one itself. */
export function withoutNulls(value: unknown): Json | undefined {
  if (isAbsent(value)) return undefined;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item) ?? null);
  if (!isMap(value)) return value as Json;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const kept = withoutNulls(item);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return Object.fromEntries(entries);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
