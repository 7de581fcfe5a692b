/** Settings of a provider binary: flags over a JSON file over nothing. Every problem is one clear line. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** One flag, and equally one key of the configuration file. */
export interface FlagSpec {
  /** Without dashes: "max-pods". */
  readonly name: string;
  readonly kind: "text" | "number" | "switch" | "list";
  /** One line for --help. */
  readonly help: string;
}

/** A wrong flag or file: what the person who started the program must change. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

type Value = string | number | boolean | readonly string[];

/** The settings of one start. Asking for a name that no FlagSpec has, or for another kind, gives undefined. */
export class Settings {
  readonly #values: ReadonlyMap<string, Value>;

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.#values.get(name);
    return typeof value === "number" ? value : undefined;
  }

  isOn(name: string): boolean {
    return this.#values.get(name) === true;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? value : [];
  }
}

/** Reads flags and the file named by --config. @throws SettingsError. */
export function readSettings(argv: readonly string[], specs: readonly FlagSpec[]): Settings {
  const flags = readFlags(argv, specs);
  const file = flags.get("config");
  const values = typeof file === "string" ? readFile(file, specs) : new Map<string, Value>();
  for (const [name, value] of flags) values.set(name, value);
  return new Settings(values);
}

function readFlags(argv: readonly string[], specs: readonly FlagSpec[]): Map<string, Value> {
  const options = Object.fromEntries(
    specs.map(({ name, kind }) => [
      name,
      { type: kind === "switch" ? ("boolean" as const) : ("string" as const), multiple: kind === "list" },
    ]),
  );
  const { values } = parse(argv, options);
  const found = new Map<string, Value>();
  for (const spec of specs) {
    const value = values[spec.name];
    if (value !== undefined) found.set(spec.name, convert(`--${spec.name}`, spec, value));
  }
  return found;
}

type ParseOptions = Readonly<Record<string, { readonly type: "boolean" | "string"; readonly multiple: boolean }>>;

function parse(argv: readonly string[], options: ParseOptions): { readonly values: Readonly<Record<string, unknown>> } {
  try {
    return parseArgs({ args: [...argv], options: { ...options }, strict: true, allowPositionals: false });
  } catch (error) {
    throw new SettingsError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : "the flags cannot be read");
  }
}

function readFile(path: string, specs: readonly FlagSpec[]): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const [name, value] of Object.entries(parseFile(path))) {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined || name === "config") throw new SettingsError(`${path}: there is no setting "${name}"`);
    found.set(name, convert(`${path}: ${name}`, spec, value));
  }
  return found;
}

function parseFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SettingsError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"})`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // the sentence below says it
  }
  throw new SettingsError(`${path}: must hold one JSON object`);
}

function convert(place: string, spec: FlagSpec, value: unknown): Value {
  switch (spec.kind) {
    case "text":
      if (typeof value === "string" && value !== "") return value;
      throw new SettingsError(`${place}: must be a text`);
    case "switch":
      if (typeof value === "boolean") return value;
      throw new SettingsError(`${place}: must be true or false`);
    case "number":
      return toNumber(place, value);
    case "list":
      if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
      throw new SettingsError(`${place}: must be a list of texts`);
  }
}

function toNumber(place: string, value: unknown): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number) && number >= 0) return number;
  throw new SettingsError(`${place}: must be a number of 0 or more`);
}
