// A client as a program of its own: the task in its environment and standard input, the report on standard output.

import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Report, Task } from "./client.js";

const TIMEOUT_MS = 120_000;
const BUILD_TIMEOUT_MS = 600_000;

/** A program with its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** The sources of the small programs in other languages. */
export const SOURCES: string = join(import.meta.dirname, "..", "..", "clients");

/** A folder for what is fetched and built for a language, outside of the repository. */
export function cacheFolder(language: string, env: NodeJS.ProcessEnv = process.env): string {
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] ?? homedir(), ".cache"), "outboard", "clients", language);
}

/** Runs a client. */
export async function runClient(command: CommandLine, task: Task, env: NodeJS.ProcessEnv = {}): Promise<Report> {
  const { kubeconfig, namespace, port, payload } = task;
  const told = { KUBECONFIG: kubeconfig, NAMESPACE: namespace, PORT: String(port), ...env };
  const output = await run(command, { env: { ...process.env, ...told }, input: payload, timeoutMs: TIMEOUT_MS });
  return JSON.parse(output) as Report;
}

/** Runs a step of the making of a client. */
export async function runStep(command: CommandLine, options: { readonly cwd?: string } = {}): Promise<void> {
  await run(command, { ...options, env: process.env, input: "", timeoutMs: BUILD_TIMEOUT_MS });
}

interface RunOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input: Buffer | string;
  readonly timeoutMs: number;
}

async function run([program, ...args]: CommandLine, { cwd, env, input, timeoutMs }: RunOptions): Promise<string> {
  const options = { env, stdio: "pipe", timeout: timeoutMs, ...(cwd === undefined ? {} : { cwd }) } as const;
  const child = spawn(program, args, options);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4000)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
}
