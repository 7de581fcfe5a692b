/** `baseline update|check`: the file of known failures of a provider. */
import { existsSync, writeFileSync } from "node:fs";
import type { Report } from "../report/report.js";
import { applyBaseline, type BaselineEntry, readBaseline } from "../suite/baseline.js";
import { EXIT, type ExitCode, type Result } from "../suite/outcome.js";
import type { Context } from "./context.js";
import { readReport } from "./read-report.js";
import { asUsage, UsageError } from "./usage-error.js";
import { readWords } from "./words.js";

const SCHEMA = "outboard-conformance-baseline/v1";
const FAILED: readonly Result["outcome"][] = ["fail", "flaky", "expected-fail"];

/** Runs it. */
export function baselineCommand(argv: readonly string[], { print }: Context): ExitCode {
  const [verb, file, list] = readWords(argv, { name: "baseline", most: 3 }).words;
  if (verb !== "update" && verb !== "check") throw new UsageError("baseline: say update or check");
  const report = readReport(file, `baseline ${verb}`);
  if (list === undefined) throw new UsageError(`baseline ${verb}: name the baseline file after the report`);
  return verb === "check" ? check(report, list, print) : update(report, list, print);
}

function check({ results }: Report, file: string, print: Context["print"]): ExitCode {
  const raw = results.map(withoutBaseline);
  const { stale } = applyBaseline(raw, entriesOf(file), new Date().toISOString().slice(0, 10));
  for (const line of stale) print(line);
  if (stale.length === 0) print(`${file} is what the report says`);
  return stale.length > 0 ? EXIT.staleBaseline : EXIT.ok;
}

function update(report: Report, file: string, print: Context["print"]): ExitCode {
  if (report.results.some(({ outcome }) => outcome === "not-run")) {
    throw new UsageError("baseline update: the report is of a run that was cut short");
  }
  if (report.shard !== null || report.unofficial.some((reason) => reason.startsWith("only some"))) {
    throw new UsageError("baseline update: the report is of a part of a run");
  }
  const before = new Map((existsSync(file) ? entriesOf(file) : []).map((entry) => [entry.id, entry]));
  const failed = report.results.map(withoutBaseline).filter(({ outcome }) => FAILED.includes(outcome));
  const entries = failed.map(
    ({ id, code }): BaselineEntry => ({ reason: "not fixed yet", ...before.get(id), id, code }),
  );
  writeFileSync(file, `${JSON.stringify({ schema: SCHEMA, entries }, undefined, 2)}\n`);
  print(`${entries.length} known failures in ${file}`);
  return EXIT.ok;
}

function entriesOf(file: string): readonly BaselineEntry[] {
  if (!existsSync(file)) throw new UsageError(`baseline: there is no file ${file}`);
  return asUsage(file, () => readBaseline(file));
}

/** What the run saw, whatever baseline it had. */
function withoutBaseline(result: Result): Result {
  if (result.outcome === "expected-fail") return { ...result, outcome: "fail" };
  return result.outcome === "unexpected-pass" ? { ...result, outcome: "pass" } : result;
}
