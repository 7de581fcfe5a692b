/** JSON objects whose shape is not known yet. */
import { canonicalQuantity } from "./quantity.js";

/** Any JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** The text; empty for anything that is not a text, a number or a boolean. */
export function asText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The object; an empty one for anything else. */
export function asFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** True for JSON objects, lists aside. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without keys whose value is null, at every depth. */
export function withoutNull(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === null ? [] : [[key, withoutNullValue(value)] as const])),
  );
}

/** Quantities in their canonical spelling. */
export function canonicalList(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(asFields(value)).map(([name, each]) => [name, canonicalQuantity(asText(each))] as const),
  );
}

/** The first, with the second's values where it has none of its own (absent, or one of those that count as absent). */
export function withDefaults(fields: Fields, defaults: Fields): Fields {
  const own = Object.entries(fields).filter(([key, value]) => !(key in defaults && (value === "" || value === 0)));
  return { ...defaults, ...Object.fromEntries(own) };
}

/** The fields with one of them changed, if it is there. */
export function changed(fields: Fields, key: string, change: (value: Fields) => unknown): Fields {
  return isFields(fields[key]) ? { ...fields, [key]: change(fields[key]) } : fields;
}

/** The fields with every object in one list changed, if the list is there. */
export function changedEach(fields: Fields, key: string, change: (item: Fields) => unknown): Fields {
  const list = fields[key];
  return Array.isArray(list) ? { ...fields, [key]: list.map((item) => change(asFields(item))) } : fields;
}

function withoutNullValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullValue);
  return isFields(value) ? withoutNull(value) : value;
}
