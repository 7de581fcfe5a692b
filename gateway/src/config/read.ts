/** Flags over environment over file over defaults; every problem is reported, not only the first. */
import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { environmentName, type Setting } from "./setting.js";

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
  const flags = readFlags(table, sources.argv, problems);
  const file = readFile(flags.get("config"), table, problems);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const found = find(setting, flags, sources.env, file);
    if (found === undefined) values[name] = fallback(setting, problems);
    else values[name] = parse(setting, found, problems);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config;
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

/** --name value, --name=value, and --name for switches. */
function readFlags(table: Settings, argv: readonly string[], problems: string[]): Map<string, string> {
  const known = new Map(Object.values(table).map((setting) => [setting.flag, setting]));
  const flags = new Map<string, string>();
  for (let index = 0; index < argv.length; index++) {
    const [, name = "", value] = /^--([^=]+)(?:=(.*))?$/s.exec(argv[index] ?? "") ?? [];
    const isSwitch = known.get(name)?.isSwitch === true;
    if (name !== "config" && !known.has(name)) problems.push(`${argv[index]}: unknown flag (--help lists them)`);
    else if (value !== undefined || isSwitch) flags.set(name, value ?? "true");
    else if (argv[index + 1] === undefined) problems.push(`--${name}: needs a value`);
    else flags.set(name, argv[++index] ?? "");
  }
  return flags;
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
    collect(parseYaml(readFileSync(name, "utf8")), "", paths, values);
    for (const path of values.keys()) if (!paths.has(path)) problems.push(`${name}: ${path}: unknown setting`);
  } catch (error) {
    problems.push(`--config ${name}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  }
  return { name, values };
}

/** Flattens nested maps down to the paths that settings have. */
function collect(value: unknown, path: string, paths: ReadonlySet<string>, into: Map<string, unknown>): void {
  if (path !== "" && (paths.has(path) || typeof value !== "object" || value === null || Array.isArray(value))) {
    into.set(path, value);
    return;
  }
  if (typeof value !== "object" || value === null) {
    if (value !== null && value !== undefined) throw new Error("the file must hold a map");
    return;
  }
  for (const [key, child] of Object.entries(value)) collect(child, path === "" ? key : `${path}.${key}`, paths, into);
}
