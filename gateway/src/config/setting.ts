/** One setting of a command: where its value may come from, and how text or a file's value becomes it. */

/** A value, or what is wrong with the text; never both. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

/** Turns text (flags, environment) or a value of the file into a setting's value. */
export type Parser<Value> = (raw: unknown) => Parsed<Value>;

/** One setting. */
export interface Setting<Value> {
  /** Path in the file: "node.labels". The flag is derived from it unless given. */
  readonly path: string;
  /** Without dashes: "node-name". */
  readonly flag: string;
  /** One line for --help. */
  readonly text: string;
  readonly parse: Parser<Value>;
  /** Absent: required. */
  readonly fallback?: Value;
  /** The flag stands alone, without a value. */
  readonly isSwitch?: boolean;
  /** Flags without which this one means nothing. */
  readonly needs?: readonly string[];
  /** What is wrong with the value beside the others, which are all read by then. */
  readonly check?: (value: unknown, config: Readonly<Record<string, unknown>>) => string | undefined;
}

/** Name of the environment variable of a setting: OUTBOARD_NODE_NAME. */
export function environmentName(setting: Setting<unknown>): string {
  return `OUTBOARD_${setting.flag.replaceAll("-", "_").toUpperCase()}`;
}

/** Any text but the empty one. */
export const text: Parser<string> = (raw) =>
  typeof raw === "string" && raw !== "" ? { value: raw } : { problem: "must be a text that is not empty" };

/** A whole number within bounds. */
export function whole(min: number, max: number): Parser<number> {
  return (raw) => {
    const value = typeof raw === "string" && /^-?\d+$/.test(raw) ? Number(raw) : raw;
    return isWhole(value) && value >= min && value <= max
      ? { value }
      : { problem: `must be a whole number from ${min} to ${max}` };
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** true or false. */
export const flag: Parser<boolean> = (raw) => {
  if (raw === true || raw === "true") return { value: true };
  return raw === false || raw === "false" ? { value: false } : { problem: "must be true or false" };
};

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Parser<Word> {
  return (raw) => {
    const found = words.find((word) => word === raw);
    return found === undefined ? { problem: `must be one of ${words.join(", ")}` } : { value: found };
  };
}

/** A list: comma-separated text, or a list in the file. Empty text: an empty list. */
export function list<Item>(item: Parser<Item>): Parser<readonly Item[]> {
  return (raw) => {
    if (Array.isArray(raw)) return listOf(raw, item);
    if (typeof raw !== "string") return { problem: "must be a list" };
    const parts = raw.split(",").map((part) => part.trim());
    return listOf(
      parts.filter((part) => part !== ""),
      item,
    );
  };
}

/** All items, or the problem of the first that has one. */
function listOf<Item>(parts: readonly unknown[], item: Parser<Item>): Parsed<readonly Item[]> {
  const values: Item[] = [];
  for (const part of parts) {
    const parsed = item(part);
    if ("problem" in parsed) return { problem: `${JSON.stringify(part)} ${parsed.problem}` };
    values.push(parsed.value);
  }
  return { value: values };
}

/** A map: "key=value,key=value", or a map in the file. */
export const map: Parser<Readonly<Record<string, string>>> = (raw) => {
  const pairs = isMap(raw) ? listOf(Object.entries(raw), entry) : list(pair)(raw);
  return "problem" in pairs ? pairs : { value: Object.fromEntries(pairs.value) };
};

/** A map whose keys and values are of a kind; `problemOf` says what is wrong with one. */
export function mapOf(problemOf: (key: string, value: string) => string | undefined): typeof map {
  return (raw) => {
    const parsed = map(raw);
    if ("problem" in parsed) return parsed;
    for (const [key, value] of Object.entries(parsed.value)) {
      const problem = problemOf(key, value);
      if (problem !== undefined) return { problem: `"${key}=${value}" ${problem}` };
    }
    return parsed;
  };
}

function isMap(raw: unknown): raw is object {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

const pair: Parser<readonly [string, string]> = (raw) => {
  const at = typeof raw === "string" ? raw.indexOf("=") : -1;
  if (typeof raw !== "string" || at < 1) return { problem: "must be KEY=VALUE" };
  return { value: [raw.slice(0, at), raw.slice(at + 1)] };
};

/** An entry of a map in the file; plain numbers and booleans are taken as they are written. */
const entry: Parser<readonly [string, string]> = (raw) => {
  const [key, value] = raw as readonly [string, unknown];
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? { value: [key, String(value)] }
    : { problem: "must be a text" };
};
