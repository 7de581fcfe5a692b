// Namespaces of its own for a whole suite: network, mounts, pids, cgroups. Runtimes, shims, containers, mounts and
// networks in it vanish with its first process; its cgroups and its folder are removed after it, or by a later sweep.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, isAlive, markOf, type ProcessMark } from "@outboard/devcluster";
import { RuntimesError } from "./errors.js";

/** The address of the node in an enclosure; the default route leaves from it, to nowhere. */
export const NODE_ADDRESS = "10.200.0.1";

export interface EnclosedRun {
  /** 128 and the number of the signal when one ended it. */
  readonly code: number;
}

export interface EnclosureOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** On abort everything inside is killed. */
  readonly signal?: AbortSignal;
}

const PREFIX = "outboard-encl-";
const GONE = { message: "the cgroups of the enclosure empty", timeoutMs: 5_000, intervalMs: 20 };
const CGROUPS = "/sys/fs/cgroup";
const SCRIPT = join(import.meta.dirname, "..", "scripts", "enter.sh");

/** True in a process that runs inside an enclosure. */
export function isEnclosed(env: NodeJS.ProcessEnv = process.env): boolean {
  return env["OUTBOARD_ENCLOSURE"] !== undefined;
}

/** @throws RuntimesError outside of an enclosure: nothing may touch the machine's own network and mounts. */
export function mustBeEnclosed(what: string, env: NodeJS.ProcessEnv = process.env): void {
  if (isEnclosed(env)) return;
  throw new RuntimesError("not-enclosed", `${what} runs only inside an enclosure: start it under runEnclosed`);
}

/**
 * Runs a command in an enclosure, with our standard input and output, and answers its exit code when it and everything
 * it left behind are gone. Its temporary folder (TMPDIR) is one of its own. Needs root on Linux.
 * SIGTERM and SIGINT to us are passed on as SIGTERM.
 */
export async function runEnclosed(
  command: string,
  args: readonly string[],
  options: EnclosureOptions = {},
): Promise<EnclosedRun> {
  sweepEnclosures();
  const folder = createFolder();
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  try {
    const env = { ...(options.env ?? process.env), OUTBOARD_ENCLOSURE: name, TMPDIR: folder };
    const all = [SCRIPT, name, folder, command, ...args];
    return { code: await run(tied("sh", all), { ...options, env }) };
  } finally {
    await eventually(() => removeCgroups(name), GONE).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Removes folders and cgroups of enclosures whose owner was killed. Answers their names. */
export function sweepEnclosures(parent: string = tmpdir()): string[] {
  const folders = readdirSync(parent).filter((name) => name.startsWith(PREFIX));
  const groups = hierarchies().flatMap((root) => readdirSync(root).filter((name) => name.startsWith(PREFIX)));
  const dead = [...new Set([...folders, ...groups])].filter((name) => {
    const owner = ownerOf(name);
    return owner !== undefined && !isAlive(owner);
  });
  for (const name of dead) {
    removeCgroups(name);
    rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5 });
  }
  return dead;
}

/** The name says whose it is: the folder is seen by processes of other pid namespaces too. */
function createFolder(): string {
  const mark = markOf(process.pid);
  if (mark === undefined) throw new RuntimesError("unsupported", "/proc does not show this process");
  mkdirSync(tmpdir(), { recursive: true });
  return mkdtempSync(join(tmpdir(), `${PREFIX}${mark.pid}-${mark.startedAt}-`));
}

function ownerOf(name: string): ProcessMark | undefined {
  const [, pid, startedAt] = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-`).exec(name) ?? [];
  return pid === undefined || startedAt === undefined ? undefined : { pid: Number(pid), startedAt };
}

function tied(command: string, args: readonly string[]): readonly [string, readonly string[]] {
  return ["setpriv", ["--pdeathsig", "KILL", "--", command, ...args]];
}

async function run(
  [command, args]: readonly [string, readonly string[]],
  { signal, ...options }: EnclosureOptions,
): Promise<number> {
  const child = spawn(command, args, { ...options, stdio: "inherit" });
  const inner = (): void => passOn(child.pid);
  const kill = (): void => void child.kill("SIGKILL");
  process.on("SIGTERM", inner).on("SIGINT", inner);
  signal?.addEventListener("abort", kill);
  if (signal?.aborted === true) kill();
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 137));
    });
  } finally {
    process.off("SIGTERM", inner).off("SIGINT", inner);
    signal?.removeEventListener("abort", kill);
  }
}

/** unshare ignores SIGTERM while it waits; its child, process 1 inside, hands it to the command. */
function passOn(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const child of childrenOf(pid)) process.kill(child, "SIGTERM");
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
      .split(" ")
      .filter((text) => text !== "")
      .map(Number);
  } catch {
    return [];
  }
}

function hierarchies(): string[] {
  const isGroup = (folder: string): boolean => statSync(folder).isDirectory();
  try {
    const entries = readdirSync(CGROUPS).map((name) => join(CGROUPS, name));
    return entries.some((entry) => entry.endsWith("/cgroup.controllers")) ? [CGROUPS] : entries.filter(isGroup);
  } catch {
    return [];
  }
}

/** Groups go children first, and only when their processes are gone. Answers whether none is left. */
function removeCgroups(name: string): boolean {
  const groups = hierarchies().map((root) => join(root, name));
  for (const group of groups) removeGroup(group);
  return groups.every((group) => !existsSync(group));
}

function removeGroup(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroup(join(folder, entry.name));
    }
    rmdirSync(folder);
  } catch {
    // Gone already, or still in use: the next sweep tries again.
  }
}
