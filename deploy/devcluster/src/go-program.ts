// One more program that tests run beside the control plane, built from a Go module that pins it, into the same cache.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { buildStep } from "./build-step.js";
import { isExecutable } from "./child.js";
import { DevclusterError } from "./errors.js";
import { acquireFileLock } from "./file-lock.js";
import { runGo } from "./go-command.js";

export interface GoProgram {
  readonly name: string;
  /** What the module pins; names the folder in the cache. */
  readonly version: string;
  /** Folder in the cache, where programs of one release share one. Default: name and version. */
  readonly folder?: string;
  /** Folder with go.mod and go.sum. */
  readonly module: string;
  /** Import path of its main package. */
  readonly package: string;
  /** True: its tests are built, to a program that runs them. Default: false. */
  readonly isTest?: boolean;
  /** Build tags; absent: none. */
  readonly tags?: readonly string[];
  /** Values of string variables, as the linker's -X takes them; absent: none. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface GoProgramOptions {
  /** Default process.env: XDG_CACHE_HOME, HOME, PATH. */
  readonly env?: NodeJS.ProcessEnv;
  /** One line of progress for a person; default: nothing. */
  readonly report?: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Its path in the cache; undefined: it was not built yet. */
export function findGoProgram(program: GoProgram, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const file = fileOf(program, env);
  return isExecutable(file) ? file : undefined;
}

/** Its path in the cache, built if it is not there. @throws DevclusterError: no Go, or the build failed */
export async function ensureGoProgram(program: GoProgram, options: GoProgramOptions): Promise<string> {
  const { env = process.env, report = (): void => undefined, signal } = options;
  const found = findGoProgram(program, env);
  if (found !== undefined) return found;
  if (!hasGo(env)) {
    throw new DevclusterError(
      "no-binaries",
      `${program.name} is not in the cache, and there is no Go to build it with`,
    );
  }
  const file = fileOf(program, env);
  const folder = componentFolder(env, folderName(program));
  await mkdir(folder, { recursive: true });
  const waiting = (): void => report(`another process is building ${program.name}; waiting for it`);
  await using _lock = await acquireFileLock(`${folder}.lock`, waiting, signal);
  if (isExecutable(file)) return file;
  const scratch = await mkdtemp(`${folder}.building-`);
  try {
    const step = { title: `${program.name} ${program.version}`, scratch, file, report };
    await buildStep(step, async (output) => build(program, output, { env, signal }));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return file;
}

/** Where built programs are kept, outside of any clone. */
export function componentFolder(env: NodeJS.ProcessEnv, name: string): string {
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache");
  return join(cache, "outboard", "components", name);
}

export function hasGo(env: NodeJS.ProcessEnv): boolean {
  return (env["PATH"] ?? "").split(":").some((folder) => folder !== "" && isExecutable(join(folder, "go")));
}

async function build(
  program: GoProgram,
  output: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Promise<void> {
  const { tags = [], variables = {} } = program;
  const linker = ["-s", "-w", ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(" ");
  const tagged = tags.length === 0 ? [] : ["-tags", tags.join(",")];
  const verb = program.isTest === true ? ["test", "-c"] : ["build"];
  const args = [...verb, "-mod=readonly", "-trimpath", ...tagged, "-ldflags", linker, "-o", output, program.package];
  await runGo(args, { cwd: program.module, env: { ...env, CGO_ENABLED: "0" }, signal });
}

function fileOf(program: GoProgram, env: NodeJS.ProcessEnv): string {
  return join(componentFolder(env, folderName(program)), program.name);
}

function folderName({ name, version, folder }: GoProgram): string {
  return folder ?? `${name}-${version}`;
}
