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
    const value = typeof raw === "number" ? raw : Number(raw === "" ? Number.NaN : raw);
    return Number.isInteger(value) && value >= min && value <= max
      ? { value }
      : { problem: `must be a whole number from ${min} to ${max}` };
  };
}

/** true or false. */
export const flag: Parser<boolean> = (raw) => {
  if (raw === true || raw === "true" || raw === "") return { value: true };
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
    const parts = Array.isArray(raw)
      ? raw
      : typeof raw === "string"
        ? raw.split(",").filter((part) => part !== "")
        : undefined;
    if (parts === undefined) return { problem: "must be a list" };
    const values: Item[] = [];
    for (const part of parts) {
      const parsed = item(typeof part === "string" ? part.trim() : part);
      if ("problem" in parsed) return { problem: `"${String(part)}" ${parsed.problem}` };
      values.push(parsed.value);
    }
    return { value: values };
  };
}

/** A map: "key=value,key=value", or a map in the file. */
export const map: Parser<Readonly<Record<string, string>>> = (raw) => {
  if (typeof raw === "object" && raw !== null && !Array.isArray(raw)) {
    const entries = Object.entries(raw).map(([key, value]) => [key, String(value)] as const);
    return { value: Object.fromEntries(entries) };
  }
  const pairs = list(pair)(raw);
  return "problem" in pairs ? pairs : { value: Object.fromEntries(pairs.value) };
};

const pair: Parser<readonly [string, string]> = (raw) => {
  const at = typeof raw === "string" ? raw.indexOf("=") : -1;
  if (typeof raw !== "string" || at < 1) return { problem: "must be KEY=VALUE" };
  return { value: [raw.slice(0, at), raw.slice(at + 1)] };
};
