/**
 * The step of action.yml: inputs from the environment, one call of the suite with an argument array, outputs to the
 * runner's files. Uses the built suite beside it, or the published one of the same version; builds nothing.
 */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
/** Inputs that are flags of the same name. */
const FLAGS = [
  "endpoint",
  "launch",
  "config",
  "kit",
  "profile",
  "requirements",
  "level",
  "baseline",
  "shard",
  "report-dir",
];
const USAGE = 2;
let started = 0;
/** Exit codes that tell a verdict; fail-on never forgives these alone. */
const VERDICTS = [0, 1, 5, 6, 7];

process.exitCode = main();

function main() {
  const problem = wrongInput();
  if (problem !== undefined) return refuse(problem);
  const folder = path.resolve(input("working-directory") || ".");
  if (!existsSync(folder)) return refuse(`working-directory: there is no folder ${folder}`);
  const reportDir = path.resolve(folder, input("report-dir") || "conformance-report");
  const code = runSuite(folder);
  const report = reportOf(path.join(reportDir, "report.json"));
  setOutputs({ code, report, reportDir });
  if (input("summary") !== "false") summarize(path.join(reportDir, "report.md"), report);
  return input("fail-on") === "never" && VERDICTS.includes(code) ? 0 : code;
}

function wrongInput() {
  if (!["", "true", "false"].includes(input("summary"))) return "summary: must be true or false";
  if (!["", "failure", "never"].includes(input("fail-on"))) return "fail-on: must be failure or never";
  return undefined;
}

function refuse(problem) {
  console.log(`::error::${escapeCommand(problem)}`);
  return USAGE;
}

/** "--flag=value" holds whatever the value is, a leading dash too. */
function runSuite(folder) {
  const flags = FLAGS.filter((name) => input(name) !== "").map((name) => `--${name}=${input(name)}`);
  const args = ["run", ...flags, ...(input("report-dir") === "" ? ["--report-dir=conformance-report"] : [])];
  const built = path.join(ROOT, "dist/cli/main.js");
  const { name, version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  const [command, ...words] = existsSync(built)
    ? [process.execPath, path.join(ROOT, "bin/outboard-conformance.mjs"), ...args]
    : ["npm", "exec", "--yes", `--package=${name}@${version}`, "--", "outboard-conformance", ...args];
  started = Date.now();
  const { status, error } = spawnSync(command, words, { cwd: folder, stdio: "inherit", shell: false });
  if (error !== undefined) console.log(`::error::${escapeCommand(`the suite cannot be started: ${error.message}`)}`);
  return status ?? 4;
}

/** The report of this run; one that lay there before does not count. */
function reportOf(file) {
  if (!existsSync(file)) return undefined;
  const report = { file, ...JSON.parse(readFileSync(file, "utf8")) };
  return Date.parse(report.startedAt) >= started ? report : undefined;
}

function setOutputs({ code, report, reportDir }) {
  for (const [name, value] of Object.entries(factsOf(report))) setOutput(name, value);
  setOutput("exit-code", String(code));
  setOutput("report-dir", reportDir);
  if (code !== 0 && report !== undefined) console.log(`::error::${escapeCommand(`the verdict is ${report.verdict}`)}`);
}

function factsOf(report) {
  if (report === undefined) return { verdict: "", official: "false", passed: "0", failed: "0", report: "" };
  const { verdict, isOfficial, counts, file } = report;
  const { pass = 0, fail = 0, flaky = 0 } = counts;
  return { verdict, official: String(isOfficial), passed: String(pass), failed: String(fail + flaky), report: file };
}

/** A delimiter that no value holds: a line end in a value makes no second output. */
function setOutput(name, value) {
  const file = process.env["GITHUB_OUTPUT"];
  const mark = `end-${randomUUID()}`;
  if (file) appendFileSync(file, `${name}<<${mark}\n${value}\n${mark}\n`);
}

function summarize(markdown, report) {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file && report !== undefined && existsSync(markdown)) appendFileSync(file, readFileSync(markdown));
}

function input(name) {
  return (process.env[`INPUT_${name.toUpperCase().replaceAll("-", "_")}`] ?? "").trim();
}

function escapeCommand(text) {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
