/** What a command of the suite was told, read and checked before anything happens. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, type ClientSecurity, parseAddress } from "@outboard/contract";
import { FORMATS, type Format } from "../report/write.js";
import { PROFILES, type Profile } from "../suite/profiles.js";
import type { FlagGroup } from "./flags.js";
import { readReport } from "./read-report.js";
import { readSettings, type Settings } from "./settings.js";
import { asUsage, UsageError } from "./usage-error.js";

export { UsageError } from "./usage-error.js";

/** What `run` and its kin know. */
export interface RunArguments {
  readonly address: Address;
  readonly security?: ClientSecurity;
  /** Program and arguments of --launch, placeholders still in. */
  readonly launch: readonly string[] | undefined;
  readonly launchEnv: Readonly<Record<string, string>>;
  readonly kitFile: string;
  readonly profile: Profile;
  readonly selectors: Selectors;
  /** Name of the requirement set; undefined: the newest. */
  readonly requirements: string | undefined;
  readonly clusterId: string;
  readonly nodeName: string;
  readonly parallel: number;
  readonly seed: number;
  readonly repeat: number;
  readonly isUntilFail: boolean;
  readonly scale: number;
  readonly bail: boolean;
  readonly isStrict: boolean;
  readonly baseline: string | undefined;
  /** Capabilities that the provider must declare, no more and no less; empty: any. */
  readonly expect: readonly string[];
  readonly reportDir: string | undefined;
  readonly formats: readonly Format[];
  readonly isNdjson: boolean;
  readonly isVerbose: boolean;
  readonly isDryRun: boolean;
  /** Set: print these lines and do nothing else. */
  readonly config: readonly string[] | undefined;
}

/** What narrows a run. Empty lists narrow nothing. */
export interface Selectors {
  readonly clauses: readonly string[];
  readonly areas: readonly string[];
  readonly tests: readonly string[];
  readonly capabilities: readonly string[];
  readonly skips: readonly string[];
  readonly grep: string | undefined;
  /** Ids of what did not pass before; undefined: no such report was given. */
  readonly failed: readonly string[] | undefined;
  readonly shard: Shard | undefined;
}

/** Part `index` of `of`, from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** Reads flags, environment and file. @throws UsageError that names which of them is wrong. */
export function readRunArguments(argv: readonly string[], folder: string, groups?: readonly FlagGroup[]): RunArguments {
  const settings = readSettings({ argv, env: process.env, ...(groups === undefined ? {} : { groups }) });
  const profile = settings.text("profile");
  const security = securityOf(settings);
  const formats = settings.list("formats");
  return {
    address: addressOf(settings, folder, security),
    launch: settings.command("launch"),
    launchEnv: launchEnv(settings),
    ...(security === undefined ? {} : { security }),
    kitFile: kitFile(settings.text("kit") ?? ""),
    profile: PROFILES.find((each) => each === profile) ?? "full",
    selectors: selectorsOf(settings),
    requirements: settings.text("requirements"),
    clusterId: settings.text("cluster-id") ?? "",
    nodeName: settings.text("node-name") ?? "",
    parallel: settings.number("parallel") ?? 1,
    seed: settings.number("seed") ?? Math.floor(Math.random() * 1_000_000),
    repeat: settings.number("repeat") ?? 1,
    isUntilFail: settings.isSet("until-fail"),
    scale: settings.number("time-scale") ?? 1,
    bail: settings.isSet("bail"),
    isStrict: settings.text("level") === "strict",
    baseline: settings.text("baseline"),
    expect: settings.list("expect"),
    reportDir: settings.text("report-dir"),
    formats: FORMATS.filter((format) => formats.length === 0 || formats.includes(format)),
    isNdjson: settings.text("format") === "ndjson",
    isVerbose: settings.isSet("verbose"),
    isDryRun: settings.isSet("dry-run"),
    config: settings.isSet("print-config") ? settings.describe() : undefined,
  };
}

function addressOf(settings: Settings, folder: string, security: ClientSecurity | undefined): Address {
  const given = settings.text("endpoint");
  if (given === undefined && settings.command("launch") === undefined) {
    throw new UsageError("give --endpoint unix:///SOCKET or --launch 'COMMAND --listen {endpoint}'");
  }
  const address = asUsage("--endpoint", () => parseAddress(given ?? `unix://${path.join(folder, "p.sock")}`));
  if (address.kind !== "unix" && security === undefined) {
    throw new UsageError("--endpoint: give --tls-ca, --tls-cert and --tls-key, or --insecure, for a tcp:// address");
  }
  return address;
}

function launchEnv(settings: Settings): Readonly<Record<string, string>> {
  const given = Object.entries(settings.pairs("launch-env"));
  return Object.fromEntries(
    given.map(([name, value]) => {
      const other = /^env:(.+)$/.exec(value)?.[1];
      const found = other === undefined ? value : process.env[other];
      if (found === undefined) throw new UsageError(`--launch-env: ${name} asks for ${other}, which is not set`);
      return [name, found];
    }),
  );
}

function securityOf(settings: Settings): ClientSecurity | undefined {
  if (settings.isSet("insecure")) return { kind: "insecure" };
  const [ca, cert, key] = [settings.text("tls-ca"), settings.text("tls-cert"), settings.text("tls-key")];
  if (ca === undefined && cert === undefined && key === undefined) return undefined;
  if (ca === undefined || cert === undefined || key === undefined) {
    throw new UsageError("--tls-ca, --tls-cert and --tls-key belong together");
  }
  for (const file of [ca, cert, key]) if (!existsSync(file)) throw new UsageError(`--tls-*: there is no file ${file}`);
  return { kind: "mtls", files: { ca, cert, key } };
}

function selectorsOf(settings: Settings): Selectors {
  const report = settings.text("only-failed");
  return {
    clauses: settings.list("clause"),
    areas: settings.list("area"),
    tests: settings.list("test"),
    capabilities: settings.list("capability"),
    skips: settings.list("skip"),
    grep: settings.text("grep"),
    failed: report === undefined ? undefined : failedIn(report),
    shard: shardOf(settings.text("shard")),
  };
}

const DONE: readonly string[] = ["pass", "not-applicable", "skipped", "unexpected-pass"];

function failedIn(file: string): readonly string[] {
  const { results } = readReport(file, "--only-failed");
  const failed = results.filter(({ outcome }) => !DONE.includes(outcome)).map(({ id }) => id);
  if (failed.length === 0) throw new UsageError(`--only-failed: nothing failed in ${file}`);
  return failed;
}

function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > of) throw new UsageError(`--shard: "${text}" must be N/M with N from 1 to M`);
  return { index, of };
}

/** A kit by name, or a file of the user's own. */
function kitFile(name: string): string {
  const own = path.resolve(name);
  if (name.endsWith(".json") && existsSync(own)) return own;
  const known = fileURLToPath(new URL(`../../kits/${path.basename(name)}.json`, import.meta.url));
  if (!existsSync(known)) throw new UsageError(`--kit: there is no kit "${name}"; give a name or a .json file`);
  return known;
}
