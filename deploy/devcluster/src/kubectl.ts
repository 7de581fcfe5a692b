// Runs kubectl against one cluster, with its caches inside the run folder.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { DevclusterError } from "./errors.js";

export interface KubectlOptions {
  /** Given to kubectl on standard input; default: none. */
  readonly input?: string;
  /** Default: the admin's. */
  readonly kubeconfig?: string;
  /** Default 60 s; then kubectl is killed. */
  readonly timeoutMs?: number;
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Kubectl {
  /** Answers standard output; a non-zero exit throws with standard error. */
  run(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Answers whatever happened. */
  attempt(args: readonly string[], options?: KubectlOptions): Promise<KubectlResult>;
}

const TIMEOUT_MS = 60_000;

export function createKubectl(program: string, folder: string, adminKubeconfig: string): Kubectl {
  const env = { ...process.env, KUBECACHEDIR: join(folder, "kubectl-cache") };
  const attempt = async (args: readonly string[], options: KubectlOptions = {}): Promise<KubectlResult> => {
    const kubeconfig = options.kubeconfig ?? adminKubeconfig;
    return runProgram(program, [`--kubeconfig=${kubeconfig}`, ...args], { ...options, env });
  };
  const run = async (args: readonly string[], options?: KubectlOptions): Promise<string> => {
    const result = await attempt(args, options);
    if (result.code === 0) return result.stdout;
    const said = (result.stderr || result.stdout).trim();
    throw new DevclusterError("kubectl-failed", `kubectl ${args.join(" ")} ended with ${result.code}: ${said}`);
  };
  return { run, attempt };
}

interface RunOptions extends KubectlOptions {
  readonly env: NodeJS.ProcessEnv;
}

async function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<KubectlResult> {
  const child = spawn(program, args, { env: options.env, stdio: ["pipe", "pipe", "pipe"] });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? TIMEOUT_MS);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (value) => resolve(value ?? -1));
  }).finally(() => clearTimeout(timer));
  return { code, stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
}
