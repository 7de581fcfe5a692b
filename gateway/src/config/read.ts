/** Flags over environment over file over defaults; every problem is reported, not only the first. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { type KnownFlags, readFlags } from "./flags.js";
import { environmentName, type Setting } from "./setting.js";

/** For what only a configuration file needs: 2 MiB. */
const load = createRequire(import.meta.url);

/** Everything that is wrong with a configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** The settings of a configuration, by field. */
export type SettingsOf<Config> = { readonly [Name in keyof Config]: Setting<Config[Name]> };
type Settings = Readonly<Record<string, Setting<unknown>>>;

/** Where values may come from. */
export interface Sources {
  /** Arguments behind the command word. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reads and freezes a configuration. @throws ConfigError with every problem */
export function readConfiguration<Config extends object>(settings: SettingsOf<Config>, sources: Sources): Config {
  const table: Settings = settings;
  const problems: string[] = [];
  const flags = readFlags(knownFlags(table), sources.argv, problems);
  const file = readFile(flags.get("config"), table, problems);
  const values: Record<string, unknown> = {};
  const given = new Map<string, string>();
  for (const [name, setting] of Object.entries(table)) {
    const found = find(setting, flags, sources.env, file);
    if (found !== undefined) given.set(setting.flag, found.origin);
    values[name] = found === undefined ? fallback(setting, problems) : parse(setting, found, problems);
  }
  problems.push(...missingPartners(table, given));
  if (problems.length === 0) problems.push(...conflicts(table, values));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config;
}

function knownFlags(table: Settings): KnownFlags {
  const rows = Object.values(table).map(({ flag, isSwitch = false }) => [flag, isSwitch] as const);
  return new Map([["config", false], ...rows]);
}

interface Found {
  readonly raw: unknown;
  /** Where it stands: "--node-name", "OUTBOARD_NODE_NAME", "gateway.yaml: node.name". */
  readonly origin: string;
}

function find(
  setting: Setting<unknown>,
  flags: ReadonlyMap<string, string>,
  env: Sources["env"],
  file: FileValues,
): Found | undefined {
  const flag = flags.get(setting.flag);
  if (flag !== undefined) return { raw: flag, origin: `--${setting.flag}` };
  const variable = env[environmentName(setting)];
  if (variable !== undefined) return { raw: variable, origin: environmentName(setting) };
  const value = file.values.get(setting.path);
  return value === undefined ? undefined : { raw: value, origin: `${file.name}: ${setting.path}` };
}

function fallback(setting: Setting<unknown>, problems: string[]): unknown {
  if ("fallback" in setting) return setting.fallback;
  problems.push(
    `--${setting.flag} (${environmentName(setting)}, ${setting.path} in the file) is required: ${setting.text}`,
  );
  return undefined;
}

function parse(setting: Setting<unknown>, { raw, origin }: Found, problems: string[]): unknown {
  const parsed = setting.parse(raw);
  if ("value" in parsed) return parsed.value;
  problems.push(`${origin}: ${parsed.problem}`);
  return undefined;
}

/** One line for each setting that is given without another that it needs. */
function missingPartners(table: Settings, given: ReadonlyMap<string, string>): readonly string[] {
  return Object.values(table).flatMap(({ flag, needs = [] }) => {
    const origin = given.get(flag);
    const missing = needs.filter((other) => !given.has(other)).map((other) => `--${other}`);
    return origin === undefined || missing.length === 0 ? [] : [`${origin}: needs ${missing.join(" and ")} too`];
  });
}

/** What is wrong with values that are right by themselves. */
function conflicts(table: Settings, values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(table).flatMap(([name, { flag, check }]) => {
    const problem = check?.(values[name], values);
    return problem === undefined ? [] : [`--${flag}: ${problem}`];
  });
}

interface FileValues {
  readonly name: string;
  readonly values: ReadonlyMap<string, unknown>;
}

function readFile(name: string | undefined, table: Settings, problems: string[]): FileValues {
  const values = new Map<string, unknown>();
  if (name === undefined) return { name: "", values };
  try {
    const paths = new Set(Object.values(table).map((setting) => setting.path));
    const { parse: parseYaml } = load("yaml") as typeof Yaml;
    collect(parseYaml(readFileSync(name, "utf8")), "", paths, values);
    for (const path of values.keys()) if (!paths.has(path)) problems.push(`${name}: ${path}: unknown setting`);
  } catch (error) {
    problems.push(`--config ${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  }
  return { name, values };
}

/** Flattens nested maps down to the paths that settings have; empty parts of the way to one are left out, null is not given. */
function collect(value: unknown, path: string, paths: ReadonlySet<string>, into: Map<string, unknown>): void {
  const isOnTheWay = path === "" || [...paths].some((known) => known.startsWith(`${path}.`));
  const isEmpty = value === null || value === undefined;
  if (isEmpty && (isOnTheWay || paths.has(path))) return;
  if (!isOnTheWay || typeof value !== "object" || value === null || Array.isArray(value)) {
    if (path === "") throw new Error("the file must hold a map");
    into.set(path, value);
    return;
  }
  for (const [key, child] of Object.entries(value)) collect(child, path === "" ? key : `${path}.${key}`, paths, into);
}
