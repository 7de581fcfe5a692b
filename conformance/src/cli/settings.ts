/** Settings of one command: flags over environment over file over default, each with where it comes from. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { splitCommand } from "../suite/provider-process.js";
import { CONFIG_FILE, readConfigFile, type Value } from "./config-file.js";
import { type Flag, FLAGS, type FlagGroup } from "./flags.js";
import { didYouMean } from "./nearest.js";
import { UsageError } from "./usage-error.js";

/** A value as it was written, and by whom. */
interface Given {
  readonly value: Value | undefined;
  /** "--kit", "OUTBOARD_CONFORMANCE_KIT", "FILE: kit"; "default". */
  readonly origin: string;
}

const PREFIX = "OUTBOARD_CONFORMANCE_";
const SHORT: Readonly<Record<string, string>> = { verbose: "v" };
const ALL: readonly FlagGroup[] = ["target", "select", "run", "report"];

/** Where settings come from. */
export interface Sources {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Groups of flags that the command takes. Default: all. */
  readonly groups?: readonly FlagGroup[];
}

/** What is set. Every reader throws UsageError that names the origin. */
export class Settings {
  readonly #given: ReadonlyMap<string, Given>;

  constructor(given: ReadonlyMap<string, Given>) {
    this.#given = given;
  }

  text(name: string): string | undefined {
    const { value, origin } = this.#of(name);
    if (value === undefined) return undefined;
    const allowed = FLAGS[name]?.of;
    const text = textOf(value);
    if (text === "") throw new UsageError(`${origin}: is empty`);
    if (allowed?.includes(text) === false) throw notAmong(origin, text, allowed);
    return text;
  }

  number(name: string): number | undefined {
    const { value, origin } = this.#of(name);
    if (value === undefined) return undefined;
    const number = value === "" ? Number.NaN : Number(value);
    if (!Number.isFinite(number) || number < 0) throw new UsageError(`${origin}: "${textOf(value)}" is no number`);
    if (FLAGS[name]?.kind === "count" && (number < 1 || !Number.isInteger(number))) {
      throw new UsageError(`${origin}: "${textOf(value)}" must be a whole number, 1 or more`);
    }
    return number;
  }

  isSet(name: string): boolean {
    const { value, origin } = this.#of(name);
    if (typeof value === "boolean") return value;
    if (value === undefined) return false;
    if (value === "true" || value === "1") return true;
    if (value === "false" || value === "0" || value === "") return false;
    throw new UsageError(`${origin}: "${textOf(value)}" must be true or false`);
  }

  list(name: string): readonly string[] {
    const { value, origin } = this.#of(name);
    if (value === undefined) return [];
    const texts = partsOf(value)
      .flatMap((part) => part.split(","))
      .map((part) => part.trim());
    const allowed = FLAGS[name]?.of;
    for (const text of texts) {
      if (text === "") throw new UsageError(`${origin}: holds an empty value`);
      if (allowed?.includes(text) === false) throw notAmong(origin, text, allowed);
    }
    return texts;
  }

  command(name: string): readonly string[] | undefined {
    const { value, origin } = this.#of(name);
    if (value === undefined) return undefined;
    const words = isList(value) ? value : splitCommand(textOf(value));
    if (words.length === 0) throw new UsageError(`${origin}: the command is empty`);
    return words;
  }

  pairs(name: string): Readonly<Record<string, string>> {
    const { value, origin } = this.#of(name);
    if (value === undefined) return {};
    if (typeof value === "object" && !isList(value)) return value;
    const pairs = partsOf(value).map((each) => /^([^=]+)=(.*)$/s.exec(each));
    return Object.fromEntries(
      pairs.map((pair) => {
        if (pair === null) throw new UsageError(`${origin}: must be NAME=VALUE`);
        return [pair[1] ?? "", pair[2] ?? ""];
      }),
    );
  }

  /** One line per setting: name, value, origin. Secret values are not shown. */
  describe(): readonly string[] {
    return [...this.#given].map(([name, { value, origin }]) => {
      const shown = FLAGS[name]?.isSecret === true && value !== undefined ? "[redacted]" : JSON.stringify(value);
      return `${name.padEnd(14)} ${shown ?? "not set"}   (${origin})`;
    });
  }

  #of(name: string): Given {
    const given = this.#given.get(name);
    if (given === undefined) throw new Error(`there is no setting ${name}`);
    return given;
  }
}

/** Reads them. @throws UsageError */
export function readSettings({ argv, env, groups = ALL }: Sources): Settings {
  const flags = parseFlags(argv, groups);
  const file = fileOf(flags["config"], env);
  const inFile = file === undefined ? new Map<string, Value>() : readConfigFile(file);
  const variables = variablesOf(env);
  return new Settings(
    new Map(
      Object.entries(FLAGS).map(([name, flag]) => {
        if (flags[name] !== undefined) return [name, { value: flags[name], origin: `--${name}` }];
        const variable = variableOf(name);
        const value = variables.get(variable);
        if (value !== undefined) return [name, { value, origin: variable }];
        if (inFile.has(name)) return [name, { value: inFile.get(name), origin: `${file}: ${flag.key ?? ""}` }];
        return [name, { value: flag.fallback, origin: "default" }];
      }),
    ),
  );
}

function fileOf(flag: Value | undefined, env: Sources["env"]): string | undefined {
  if (flag !== undefined) return textOf(flag);
  return env[`${PREFIX}CONFIG`] ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : undefined);
}

function parseFlags(
  argv: readonly string[],
  groups: readonly FlagGroup[],
): Readonly<Record<string, Value | undefined>> {
  const taken = Object.entries(FLAGS).filter(([, { group }]) => groups.includes(group));
  const names = ["config", ...taken.map(([name]) => name)];
  for (const word of argv) {
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name === undefined || names.includes(name)) continue;
    throw new UsageError(`there is no flag --${name} here${didYouMean(name, names).replace("mean ", "mean --")}`);
  }
  const options = Object.fromEntries([["config", { type: "string" } as const], ...taken.map(optionOf)]);
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false });
    return values as Readonly<Record<string, Value | undefined>>;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

function optionOf([name, { kind }]: readonly [string, Flag]) {
  const short = SHORT[name];
  const type: "boolean" | "string" = kind === "switch" ? "boolean" : "string";
  const multiple = kind === "list" || kind === "pairs";
  return [name, { type, multiple, ...(short === undefined ? {} : { short }) }] as const;
}

/** Variables of the suite. One that no setting has is a mistake. */
function variablesOf(env: Sources["env"]): ReadonlyMap<string, string> {
  const known = [`${PREFIX}CONFIG`, ...Object.keys(FLAGS).map(variableOf)];
  const own = Object.entries(env).filter(([name]) => name.startsWith(PREFIX));
  for (const [name] of own) {
    if (!known.includes(name)) throw new UsageError(`there is no variable ${name}${didYouMean(name, known)}`);
  }
  return new Map(own.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value]])));
}

function variableOf(name: string): string {
  return PREFIX + name.toUpperCase().replaceAll("-", "_");
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

function partsOf(value: Value): readonly string[] {
  return isList(value) ? value : [textOf(value)];
}

function textOf(value: Value): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function notAmong(origin: string, text: string, allowed: readonly string[]): UsageError {
  return new UsageError(`${origin}: "${text}" must be one of ${allowed.join(", ")}`);
}
