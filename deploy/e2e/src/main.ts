// `npm run e2e [-- SUITE] [-- ARGUMENTS]`: all cluster tests in one mocha run, so that they share one control plane;
// or one of the named suites, which take longer or fetch what they need.

import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureComponents, ensureGoProgram } from "@outboard/devcluster";
import { ensureRuntimes, runEnclosed } from "@outboard/runtimes";
import { ALL, type Needs, type Suite, SUITES } from "./suites.js";
import { isUnderstood } from "./support/command-line.js";

const BUILD_TIMEOUT_MS = 60 * 60_000;

const [first = "", ...rest] = process.argv.slice(2);
const named = Object.hasOwn(SUITES, first) ? SUITES[first] : undefined;
if (named === undefined && !first.startsWith("-") && first !== "") {
  fail(`no suite ${first}; there are ${Object.keys(SUITES).join(", ")}`);
} else if (first === "--help") console.log(usage());
else if (isUnderstood(first, named?.commandLine, rest)) {
  await start(named ?? ALL, named === undefined ? process.argv.slice(2) : rest);
}

async function start({ command, env, enclosed }: Suite, words: readonly string[]): Promise<void> {
  const args = [...command, ...words];
  const environment = { ...process.env, ...env };
  if (enclosed === undefined) return run(args, environment);
  await prepare(enclosed);
  const folder = environment["OUTBOARD_E2E_OUT"] ?? mkdtempSync(join(tmpdir(), "outboard-e2e-"));
  const { code } = await runEnclosed(process.execPath, args, { env: { ...environment, OUTBOARD_E2E_OUT: folder } });
  process.exitCode = code;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const child = spawn(process.execPath, args, { stdio: "inherit", env });
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill(name));
  child.once("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

async function prepare({ programs, runtimes, cluster }: Needs): Promise<void> {
  const options = { report: (line: string) => console.error(line), signal: AbortSignal.timeout(BUILD_TIMEOUT_MS) };
  if (cluster) await ensureComponents(options);
  await ensureRuntimes(runtimes, options);
  for (const program of programs) await ensureGoProgram(program, options);
}

function usage(): string {
  const width = Math.max(...Object.keys(SUITES).map(({ length }) => length));
  const lines = Object.entries(SUITES).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`);
  const intro = "Usage: npm run e2e [-- SUITE] [-- ARGUMENTS]";
  const outro =
    "Without a suite all tests that need a cluster run. A suite has its own --help; arguments of others go to mocha.";
  return [intro, "", ...lines, "", outro].join("\n");
}

function fail(problem: string): void {
  console.error(`e2e: ${problem}`);
  process.exitCode = 2;
}
