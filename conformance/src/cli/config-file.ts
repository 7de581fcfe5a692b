/** The configuration file: YAML, every key known, every value of its setting's kind. */
import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { type Flag, FLAGS } from "./flags.js";
import { didYouMean } from "./nearest.js";
import { asUsage, UsageError } from "./usage-error.js";

/** First line of a configuration file. */
export const CONFIG_SCHEMA = "outboard-conformance/v1";

/** Read where no --config is given, if it is there. */
export const CONFIG_FILE = "outboard-conformance.yaml";

/** Value of a setting as flags, environment or file give it. */
export type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

/** Keys with the setting that each is. */
const BY_KEY: ReadonlyMap<string, string> = new Map(
  Object.entries(FLAGS).flatMap(([name, { key }]) => (key === undefined ? [] : [[key, name] as const])),
);

/** Settings of a file by name, each with its key. @throws UsageError that names file and key */
export function readConfigFile(file: string): ReadonlyMap<string, Value> {
  if (!existsSync(file)) throw new UsageError(`--config: there is no file ${file}`);
  const text = asUsage(file, () => readFileSync(file, "utf8"));
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors;
  if (problem !== undefined) throw new UsageError(`${file}: ${problem.message.split("\n")[0] ?? ""}`);
  const content: unknown = document.toJS();
  if (!isObject(content)) throw new UsageError(`${file}: must be a mapping that begins with schema: ${CONFIG_SCHEMA}`);
  const { schema, ...rest } = content;
  if (schema !== CONFIG_SCHEMA) throw new UsageError(`${file}: schema must be ${CONFIG_SCHEMA}`);
  const found = new Map<string, Value>();
  collect(rest, "", file, found);
  return found;
}

function collect(content: Readonly<Record<string, unknown>>, at: string, file: string, found: Map<string, Value>) {
  for (const [word, value] of Object.entries(content)) {
    const key = at === "" ? word : `${at}.${word}`;
    const name = BY_KEY.get(key);
    if (name !== undefined) {
      const wrong = problemOf(FLAGS[name], value);
      if (wrong !== undefined) throw new UsageError(`${file}: ${key} must be ${wrong}`);
      found.set(name, value as Value);
      continue;
    }
    const below = [...BY_KEY.keys()].filter((each) => each.startsWith(`${key}.`));
    if (below.length === 0) throw new UsageError(`${file}: there is no key ${key}${hint(at, word)}`);
    if (!isObject(value)) throw new UsageError(`${file}: ${key} must be a mapping`);
    collect(value, key, file, found);
  }
}

function hint(at: string, word: string): string {
  const prefix = at === "" ? "" : `${at}.`;
  const known = [...BY_KEY.keys()].filter((key) => key.startsWith(prefix));
  return didYouMean(word, [...new Set(known.map((key) => key.slice(prefix.length).split(".")[0] ?? ""))]);
}

/** What the value must be; undefined where it is that. */
function problemOf(flag: Flag | undefined, value: unknown): string | undefined {
  switch (flag?.kind) {
    case "switch":
      return typeof value === "boolean" ? undefined : "true or false";
    case "number":
    case "count":
      return typeof value === "number" ? undefined : "a number";
    case "list":
      return isTexts(value) ? undefined : "a list of texts";
    case "command":
      return typeof value === "string" || isTexts(value) ? undefined : "a text or a list of texts";
    case "pairs":
      return isObject(value) && isTexts(Object.values(value)) ? undefined : "a mapping of texts";
    case "text":
    case undefined:
      return typeof value === "string" ? undefined : "a text (put it in quotes)";
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
