// Runs the Go tool and reports its failure with what it printed last.

import { spawn } from "node:child_process";
import { DevclusterError } from "./errors.js";

export interface GoOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Runs go and answers its standard output; a failure carries the last lines of standard error. */
export async function runGo(args: readonly string[], options: GoOptions): Promise<string> {
  const child = spawn("go", args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return stdout;
  throw new DevclusterError("build-failed", `go ${args[0]} failed with exit code ${code}:\n${stderr.trimEnd()}`);
}
