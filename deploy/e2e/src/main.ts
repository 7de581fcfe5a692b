// `npm run e2e [-- MOCHA ARGUMENTS]`: all cluster tests in one mocha run, so that they share one control plane.

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const MOCHA = join(createRequire(import.meta.url).resolve("mocha"), "..", "bin", "mocha.js");
const TESTS = join(import.meta.dirname, "**", "*.test.js");

const child = spawn(process.execPath, [MOCHA, TESTS, ...process.argv.slice(2)], { stdio: "inherit" });
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
