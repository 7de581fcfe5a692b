// What our provider asks a runtime for, read back from the runtime, so that a bare start asks for the very same.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A text of an object. @throws Error where it is none */
export function textOf(object: JsonObject, name: string): string {
  const text = object[name];
  if (typeof text !== "string") throw new Error(`the runtime shows no ${name}`);
  return text;
}

/** Every text that holds one of the names holds its new name instead, in values and keys. */
export function renamed<Value extends Json>(value: Value, names: ReadonlyMap<string, string>): Value {
  let text = JSON.stringify(value);
  for (const [from, to] of names) if (from !== "") text = text.replaceAll(JSON.stringify(from).slice(1, -1), to);
  return JSON.parse(text) as Value;
}

/** An empty file that stands for a file of ours, which is gone with its pod: one per original. */
export function standIn(folder: string, original: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, createHash("sha256").update(original).digest("hex").slice(0, 12));
  writeFileSync(file, "", { flag: "a" });
  return file;
}
