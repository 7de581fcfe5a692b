// One child process with a log file: started, signalled and ended by its pid, and ended by the kernel when we die
// (PDEATHSIG through setpriv, where there is one).

import { spawn } from "node:child_process";
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { markOf } from "./process-mark.js";

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Folder for a pid file that a later sweep can read; absent: none. */
  readonly pidFolder?: string;
}

export type ChildExit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | { readonly kind: "not-started"; readonly message: string };

export interface Child extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<ChildExit>;
  /** The exit once it happened. */
  exit(): ChildExit | undefined;
  /** True once we asked for the end ourselves. */
  stopping(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** TERM, after graceMs (default 10 s) KILL. */
  stop(graceMs?: number): Promise<ChildExit>;
  kill(): Promise<ChildExit>;
}

const GRACE_MS = 10_000;

export function startChild(spec: ChildSpec): Child {
  const { process: child, exited } = spawnLogged(spec);
  const pid = child.pid ?? -1;
  const pidFile = spec.pidFolder === undefined ? undefined : writePidFile(spec.pidFolder, spec.name, pid);
  let asked = false;
  let exit: ChildExit | undefined;
  void exited.then((value) => {
    exit = value;
    if (pidFile !== undefined) rmSync(pidFile, { force: true });
  });
  const end = async (signal: NodeJS.Signals, graceMs: number): Promise<ChildExit> => {
    asked = true;
    child.kill(signal);
    child.kill("SIGCONT");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    return exited.finally(() => clearTimeout(timer));
  };
  return {
    name: spec.name,
    pid,
    logFile: spec.logFile,
    exited,
    exit: () => exit,
    stopping: () => asked,
    signal: (signal) => void child.kill(signal),
    stop: async (graceMs = GRACE_MS) => end("SIGTERM", graceMs),
    kill: async () => end("SIGKILL", GRACE_MS),
    [Symbol.asyncDispose]: async () => void (await end("SIGTERM", GRACE_MS)),
  };
}

export function describeExit(exit: ChildExit): string {
  if (exit.kind === "code") return `ended with exit code ${exit.code}`;
  if (exit.kind === "signal") return `was ended by ${exit.signal}`;
  return `could not be started: ${exit.message}`;
}

/** The end of a log file, for a person to read; empty when there is none. */
export function logTail(file: string, lines: number): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

function spawnLogged(spec: ChildSpec): {
  readonly process: ReturnType<typeof spawn>;
  readonly exited: Promise<ChildExit>;
} {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, "a", 0o600);
  const [command, args] = tiedToParent(spec.command, spec.args);
  const child = spawn(command, args, {
    stdio: ["ignore", log, log],
    // Own session: Ctrl-C in a terminal reaches us alone, and we end our children in order.
    detached: true,
    env: spec.env ?? process.env,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  });
  closeSync(log);
  const exited = new Promise<ChildExit>((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ kind: "not-started", message: error.message });
    });
    child.once("exit", (code, signal) =>
      resolve(signal === null ? { kind: "code", code: code ?? 0 } : { kind: "signal", signal }),
    );
  });
  return { process: child, exited };
}

function writePidFile(folder: string, name: string, pid: number): string | undefined {
  const mark = markOf(pid);
  if (mark === undefined) return undefined;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}-${pid}.json`);
  writeFileSync(file, JSON.stringify(mark));
  return file;
}

function tiedToParent(command: string, args: readonly string[]): [string, string[]] {
  const setpriv = findSetpriv();
  return setpriv === undefined ? [command, [...args]] : [setpriv, ["--pdeathsig", "KILL", "--", command, ...args]];
}

function findSetpriv(): string | undefined {
  if (process.platform !== "linux") return undefined;
  return (process.env["PATH"] ?? "")
    .split(":")
    .map((folder) => join(folder, "setpriv"))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
