/** One group of tests in a process of its own: its counts, and what else went wrong with it. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT } from "./groups.mjs";

/** So many red tests of a group run once more: machines are shared, and a race may lie in the test. More are a fault. */
const MOST_AGAIN = 3;
const KINDS = ["passed", "failed", "skipped"];

/** Longest time of a group; what hangs longer is killed and counts as a crash. */
const LIMIT_MS = 60 * 60_000;

/**
 * Counts and problems of a group. A crash, an empty group, and a process that something keeps alive for patienceMs after
 * the tests count as one failure each.
 */
export async function runGroup(group, files, { patienceMs = 10_000, quiet = false } = {}) {
  if (files.length === 0) {
    return group.optional ? noTests() : failed("it has no tests");
  }
  const folder = mkdtempSync(path.join(tmpdir(), "outboard-tests-"));
  const resultFile = path.join(folder, "result.json");
  try {
    const end = await runMocha(files, { resultFile, patienceMs, quiet });
    return judge(readResult(resultFile), end);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The same; the files of a few red tests run once more, alone. What is green then counts as passed and is named in `again`, so
 * that it is looked into; what is red twice is red.
 */
export async function runGroupTwice(group, files, options) {
  const first = await runGroup(group, files, options);
  const red = Object.keys(first.files ?? {}).filter((file) => first.files[file].failed > 0);
  const isUnknown = red.length === 0 || red.includes("") || first.open !== undefined;
  if (isUnknown || first.failed > MOST_AGAIN) return first;
  if (options?.quiet !== true)
    console.log(`  once more, alone: ${red.map((file) => path.relative(ROOT, file)).join(", ")}`);
  return merge(first, await runGroup(group, red, options), red);
}

/** The counts of the first run with those of the second in place of the red files'. */
export function merge(first, second, red) {
  const again = first.problems.filter((problem) => !second.problems.includes(problem));
  const reasons = { ...second.reasons, ...first.reasons };
  const merged = { ...first, problems: second.problems, again, reasons };
  for (const kind of KINDS) {
    merged[kind] += second[kind] - red.reduce((sum, file) => sum + first.files[file][kind], 0);
  }
  return merged;
}

function noTests() {
  console.log("  no tests");
  return { passed: 0, failed: 0, skipped: 0, problems: [] };
}

function failed(problem) {
  console.log(`  ${problem}`);
  return { passed: 0, failed: 1, skipped: 0, problems: [problem] };
}

function runMocha(files, { resultFile, patienceMs, quiet }) {
  const mocha = path.join(ROOT, "node_modules/mocha/bin/mocha.js");
  const reporter = path.join(ROOT, "deploy/checks/reporter.mjs");
  const options = ["--reporter", reporter, "--reporter-option", `result=${resultFile},patience=${patienceMs}`];
  if (process.env.CI === "true") options.push("--forbid-only");
  const args = ["--enable-source-maps", mocha, ...options, ...files];
  const output = quiet ? "ignore" : "inherit";
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", output, output],
    timeout: LIMIT_MS,
    killSignal: "SIGKILL",
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** The counts of a group, from what its reporter wrote and how its process ended. */
export function judge(result, { code, signal }) {
  if (result === undefined) return failed(`the process ended before its tests did (${signal ?? `exit code ${code}`})`);
  if (result.open !== undefined) {
    const problem = `the process did not end after its tests; still open: ${result.open.join(", ")}`;
    return { ...result, failed: result.failed + 1, problems: [...result.problems, problem] };
  }
  if (result.failed === 0 && code !== 0) {
    const problem = `the tests passed, then the process ended with ${signal ?? `exit code ${code}`}`;
    return { ...result, failed: 1, problems: [problem] };
  }
  return result;
}
