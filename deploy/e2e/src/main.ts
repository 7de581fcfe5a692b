// `npm run e2e [-- SUITE] [-- MOCHA ARGUMENTS]`: all cluster tests in one mocha run, so that they share one control plane;
// or one of the named suites, which take longer or fetch what they need.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const SUITES = ["kubectl", "clients", "hostile", "metrics"];
const MOCHA = join(createRequire(import.meta.url).resolve("mocha"), "..", "bin", "mocha.js");

const [first = "", ...rest] = process.argv.slice(2);
const suite = SUITES.includes(first) ? first : undefined;
const pattern = suite === undefined ? ["**", "*.test.js"] : [suite, "**", "*.suite.js"];
const args = suite === undefined ? process.argv.slice(2) : rest;

const child = spawn(process.execPath, [MOCHA, join(import.meta.dirname, ...pattern), ...args], { stdio: "inherit" });
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
