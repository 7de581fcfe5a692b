// `npm run e2e [-- SUITE] [-- MOCHA ARGUMENTS]`: all cluster tests in one mocha run, so that they share one control plane;
// or one of the named suites, which take longer or fetch what they need.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { runEnclosed } from "@outboard/runtimes";

interface Suite {
  readonly tests: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In namespaces of its own: it starts runtimes, or needs addresses that pods can reach. */
  readonly isEnclosed?: boolean;
}

const MOCHA = join(createRequire(import.meta.url).resolve("mocha"), "..", "bin", "mocha.js");
const HERE = import.meta.dirname;
const HOSTILE = join(HERE, "..", "..", "..", "gateway", "dist", "kubelet", "hostile");

const ALL: Suite = { tests: join(HERE, "**", "*.test.js") };
const SUITES: Readonly<Record<string, Suite>> = {
  kubectl: { tests: join(HERE, "kubectl", "*.suite.js") },
  clients: { tests: join(HERE, "clients", "*.suite.js") },
  "virtual-kubelet": { tests: join(HERE, "virtual-kubelet", "*.suite.js"), isEnclosed: true },
  hostile: { tests: join(HOSTILE, "*.test.js"), env: { OUTBOARD_HOSTILE: "full" } },
};

const [first = "", ...rest] = process.argv.slice(2);
const named = Object.hasOwn(SUITES, first) ? SUITES[first] : undefined;
const { tests, env, isEnclosed = false } = named ?? ALL;
const args = [MOCHA, tests, ...(named === undefined ? process.argv.slice(2) : rest)];
const options = { env: { ...process.env, ...env } };

if (isEnclosed) process.exitCode = (await runEnclosed(process.execPath, args, options)).code;
else runMocha();

function runMocha(): void {
  const child = spawn(process.execPath, args, { ...options, stdio: "inherit" });
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
  child.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
