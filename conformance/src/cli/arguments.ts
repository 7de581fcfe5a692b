/** Command line of `run` and its kin, read and checked before anything happens. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Address, type ClientSecurity, parseAddress } from "@outboard/contract";
import { FORMATS, type Format } from "../report/write.js";
import { PROFILES, type Profile } from "../suite/profiles.js";
import { splitCommand } from "../suite/provider-process.js";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What `run`, `doctor`, `bench` and `list --expected` know. */
export interface RunArguments {
  readonly address: Address;
  readonly security?: ClientSecurity;
  /** Program and arguments of --launch, placeholders still in. */
  readonly launch: readonly string[] | undefined;
  readonly kitFile: string;
  readonly profile: Profile;
  readonly selectors: Selectors;
  readonly clusterId: string;
  readonly nodeName: string;
  readonly parallel: number;
  readonly seed: number;
  readonly repeat: number;
  readonly scale: number;
  readonly bail: boolean;
  readonly baseline: string | undefined;
  readonly reportDir: string | undefined;
  readonly formats: readonly Format[];
  readonly isNdjson: boolean;
  readonly isVerbose: boolean;
}

/** What narrows a run. Empty lists narrow nothing. */
export interface Selectors {
  readonly clauses: readonly string[];
  readonly areas: readonly string[];
  readonly tests: readonly string[];
  readonly skips: readonly string[];
  readonly grep: string | undefined;
}

const OPTIONS = {
  endpoint: { type: "string" },
  launch: { type: "string" },
  kit: { type: "string" },
  profile: { type: "string", default: "full" },
  clause: { type: "string", multiple: true },
  area: { type: "string", multiple: true },
  test: { type: "string", multiple: true },
  skip: { type: "string", multiple: true },
  grep: { type: "string" },
  "cluster-id": { type: "string", default: "conformance" },
  "node-name": { type: "string", default: "conformance" },
  parallel: { type: "string", default: "8" },
  seed: { type: "string" },
  repeat: { type: "string", default: "1" },
  "time-scale": { type: "string", default: "1" },
  bail: { type: "boolean", default: false },
  baseline: { type: "string" },
  "report-dir": { type: "string" },
  formats: { type: "string", default: FORMATS.join(",") },
  format: { type: "string" },
  insecure: { type: "boolean", default: false },
  "tls-ca": { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  verbose: { type: "boolean", short: "v", default: false },
} as const;

/** Reads the flags. @throws UsageError that names the flag and what is wrong. */
export function readRunArguments(argv: readonly string[], folder: string): RunArguments {
  const { values } = parse(argv);
  if (values.endpoint === undefined && values.launch === undefined) {
    throw new UsageError("give --endpoint unix:///SOCKET or --launch 'COMMAND --listen {endpoint}'");
  }
  const endpoint = values.endpoint ?? `unix://${path.join(folder, "p.sock")}`;
  const security = securityOf(values);
  return {
    address: guarded(() => parseAddress(endpoint)),
    ...(security === undefined ? {} : { security }),
    launch: values.launch === undefined ? undefined : splitCommand(values.launch),
    kitFile: kitFile(values.kit ?? "busybox"),
    profile: oneOf(values.profile, PROFILES, "--profile"),
    selectors: selectorsOf(values),
    clusterId: values["cluster-id"],
    nodeName: values["node-name"],
    parallel: number(values.parallel, "--parallel"),
    seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : number(values.seed, "--seed"),
    repeat: number(values.repeat, "--repeat"),
    scale: number(values["time-scale"], "--time-scale"),
    bail: values.bail,
    baseline: values.baseline,
    reportDir: values["report-dir"],
    formats: values.formats.split(",").map((name) => oneOf(name, FORMATS, "--formats")),
    isNdjson: values.format === "ndjson",
    isVerbose: values.verbose,
  };
}

function parse(argv: readonly string[]) {
  return guarded(() => parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }));
}

function securityOf(values: ReturnType<typeof parse>["values"]): ClientSecurity | undefined {
  if (values.insecure) return { kind: "insecure" };
  const { "tls-ca": caFile, "tls-cert": certFile, "tls-key": keyFile } = values;
  if (caFile === undefined && certFile === undefined && keyFile === undefined) return undefined;
  if (caFile === undefined || certFile === undefined || keyFile === undefined) {
    throw new UsageError("--tls-ca, --tls-cert and --tls-key belong together");
  }
  return { kind: "mtls", files: { ca: caFile, cert: certFile, key: keyFile } };
}

function selectorsOf({ clause, area, test, skip, grep }: ReturnType<typeof parse>["values"]): Selectors {
  return { clauses: clause ?? [], areas: area ?? [], tests: test ?? [], skips: skip ?? [], grep };
}

/** A kit by name, or a file of the user's own. */
function kitFile(name: string): string {
  const own = path.resolve(name);
  if (name.endsWith(".json") && existsSync(own)) return own;
  const known = fileURLToPath(new URL(`../../kits/${name}.json`, import.meta.url));
  if (!existsSync(known)) throw new UsageError(`--kit: there is no kit "${name}"; give a name or a .json file`);
  return known;
}

function oneOf<T extends string>(text: string, allowed: readonly T[], flag: string): T {
  const found = allowed.find((each) => each === text);
  if (found === undefined) throw new UsageError(`${flag}: "${text}" must be one of ${allowed.join(", ")}`);
  return found;
}

function number(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new UsageError(`${flag}: "${text}" is no number`);
  return value;
}

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
