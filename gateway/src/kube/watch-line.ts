/** One line of a watch: parsed, with managedFields cut; and a look at its resourceVersion without parsing. */
import { type ErrorObject, isStatusObject } from "./status-object.js";

/** What every object has that we list or watch. */
export interface ApiObject {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata: { readonly resourceVersion: string; readonly managedFields?: unknown };
}

export type WatchLine<Item> =
  | { readonly kind: "set"; readonly object: Item }
  | { readonly kind: "gone"; readonly object: Item }
  | { readonly kind: "bookmark"; readonly resourceVersion: string }
  | { readonly kind: "error"; readonly status: ErrorObject };

/** Throws when the line is not a watch event of known form. */
export function parseWatchLine<Item extends ApiObject>(line: Buffer): WatchLine<Item> {
  const { type, object } = JSON.parse(line.toString("utf8")) as { readonly type?: unknown; readonly object?: Item };
  if (type === "ERROR") {
    return { kind: "error", status: isStatusObject(object) ? object : {} };
  }
  const resourceVersion = object?.metadata.resourceVersion;
  if (object === undefined || typeof resourceVersion !== "string") {
    throw new Error("a line of the watch has no object with a resourceVersion");
  }
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      return { kind: "set", object: withoutManagedFields(object) };
    case "DELETED":
      return { kind: "gone", object: withoutManagedFields(object) };
    case "BOOKMARK":
      return { kind: "bookmark", resourceVersion };
    default:
      throw new Error("a line of the watch has an unknown type");
  }
}

/** The same object without metadata.managedFields. */
export function withoutManagedFields<Item extends ApiObject>(object: Item): Item {
  if (object.metadata.managedFields === undefined) {
    return object;
  }
  const { managedFields: _cut, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const MODIFIED = Buffer.from('{"type":"MODIFIED"');
const VERSION = Buffer.from('"resourceVersion":"');
/** The API server writes metadata first and only names before it; further in, a match could be a user's text. */
const LOOK_BYTES = 1_024;

/** The resourceVersion of a MODIFIED line, from its first bytes; undefined: not found there, parse it. */
export function peekModifiedVersion(line: Buffer): string | undefined {
  if (!line.subarray(0, MODIFIED.length).equals(MODIFIED)) {
    return undefined;
  }
  const head = line.subarray(0, LOOK_BYTES);
  const at = head.indexOf(VERSION);
  const end = at < 0 ? -1 : head.indexOf(34, at + VERSION.length);
  return end < 0 ? undefined : head.toString("latin1", at + VERSION.length, end);
}
