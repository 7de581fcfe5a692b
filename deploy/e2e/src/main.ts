// `npm run e2e [-- SUITE] [-- MOCHA ARGUMENTS]`: all cluster tests in one mocha run, so that they share one control plane;
// or one of the named suites, which take longer or fetch what they need.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

interface Suite {
  readonly tests: string;
  readonly env?: Readonly<Record<string, string>>;
}

const MOCHA = join(createRequire(import.meta.url).resolve("mocha"), "..", "bin", "mocha.js");
const HERE = import.meta.dirname;
const HOSTILE = join(HERE, "..", "..", "..", "gateway", "dist", "kubelet", "hostile");

const ALL: Suite = { tests: join(HERE, "**", "*.test.js") };
const SUITES: Readonly<Record<string, Suite>> = {
  kubectl: { tests: join(HERE, "kubectl", "*.suite.js") },
  clients: { tests: join(HERE, "clients", "*.suite.js") },
  hostile: { tests: join(HOSTILE, "*.test.js"), env: { OUTBOARD_HOSTILE: "full" } },
};

const [first = "", ...rest] = process.argv.slice(2);
const named = Object.hasOwn(SUITES, first) ? SUITES[first] : undefined;
const { tests, env } = named ?? ALL;
const args = named === undefined ? process.argv.slice(2) : rest;

const child = spawn(process.execPath, [MOCHA, tests, ...args], { stdio: "inherit", env: { ...process.env, ...env } });
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
