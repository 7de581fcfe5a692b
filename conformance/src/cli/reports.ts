/** `report convert|verify`, `diff`, `baseline update|check`, `repro` and `init`: work on files. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { countOutcomes, idsDigest, REPORT_SCHEMA, type Report } from "../report/report.js";
import { FORMATS, render, writeReport } from "../report/write.js";
import { applyBaseline, readBaseline } from "../suite/baseline.js";
import { EXIT, type ExitCode, verdictOf } from "../suite/outcome.js";
import { UsageError } from "./arguments.js";
import type { Print } from "./run.js";

/** Every format from the JSON report. */
export function reportCommand([verb, file, target]: readonly string[], print: Print): ExitCode {
  const report = readReport(file);
  if (verb === "verify") return verify(report, print);
  if (verb !== "convert") throw new UsageError("report: say convert or verify");
  if (target !== undefined && !FORMATS.some((format) => format === target)) {
    for (const written of writeReport(target, report, FORMATS)) print(`wrote ${written}`);
    return EXIT.ok;
  }
  print(render(report, FORMATS.find((format) => format === target) ?? "markdown"));
  return EXIT.ok;
}

/** Works the verdict out again from the outcomes; finds what was edited. */
export function verify(report: Report, print: Print): ExitCode {
  const problems = [
    ...(verdictOf(report.results, report.expected) === report.verdict
      ? []
      : ["the verdict does not follow from the results"]),
    ...(idsDigest(report.expected) === report.expectedDigest ? [] : ["the list of expected checks was changed"]),
    ...(JSON.stringify(sorted(countOutcomes(report.results))) === JSON.stringify(sorted(report.counts))
      ? []
      : ["the counts do not fit the results"]),
  ];
  for (const problem of problems) print(problem);
  if (problems.length === 0) print(`${report.verdict}: the report is consistent`);
  return problems.length === 0 ? EXIT.ok : EXIT.nonConformant;
}

function sorted(counts: object): readonly unknown[] {
  return Object.entries(counts).sort(([one], [two]) => one.localeCompare(two));
}

/** What differs between two reports. */
export function diffCommand([one, two]: readonly string[], print: Print): ExitCode {
  const [before, after] = [readReport(one), readReport(two)];
  const old = new Map(before.results.map(({ id, outcome }) => [id, outcome]));
  const ids = new Set([...old.keys(), ...after.results.map(({ id }) => id)]);
  const now = new Map(after.results.map(({ id, outcome }) => [id, outcome]));
  for (const id of [...ids].sort()) {
    const [was, is] = [old.get(id) ?? "absent", now.get(id) ?? "absent"];
    if (was !== is) print(`${id}: ${was} -> ${is}`);
  }
  print(`${before.verdict} -> ${after.verdict}`);
  return EXIT.ok;
}

/** Writes or checks the list of known failures of a report. */
export function baselineCommand([verb, file, list]: readonly string[], print: Print): ExitCode {
  const report = readReport(file);
  if (list === undefined) throw new UsageError("baseline update|check REPORT.json BASELINE.json");
  if (verb === "check") {
    const { stale } = applyBaseline(report.results, readBaseline(list), new Date().toISOString().slice(0, 10));
    for (const line of stale) print(line);
    return stale.length > 0 ? EXIT.staleBaseline : EXIT.ok;
  }
  if (verb !== "update") throw new UsageError("baseline: say update or check");
  const isPartial = report.unofficial.some((reason) => reason.startsWith("only some"));
  if (isPartial) throw new UsageError("baseline update: the report is of a filtered run");
  const entries = report.results
    .filter(({ outcome }) => outcome === "fail" || outcome === "expected-fail")
    .map(({ id, code }) => ({ id, code, reason: "not fixed yet" }));
  writeFileSync(list, `${JSON.stringify({ schema: "outboard-conformance-baseline/v1", entries }, undefined, 2)}\n`);
  print(`${entries.length} known failures in ${list}`);
  return EXIT.ok;
}

/** The calls that led to one failure, for authors without this program. */
export function reproCommand([file, id]: readonly string[], print: Print): ExitCode {
  const report = readReport(file);
  const result = report.results.find((each) => each.id === id);
  if (result === undefined) throw new UsageError(`repro: the report has no check "${id ?? ""}"`);
  print(`${result.id}: ${result.outcome} ${result.message}`);
  print(
    "Calls in order (-> sent, <- answered, <~ streamed), secrets redacted. Over grpcurl: handshake first, then each",
  );
  print("call with the header outboard-session and the import path of the contract's proto folder.");
  for (const line of result.trace) print(line);
  return EXIT.ok;
}

/** Starts a CI step for a provider. */
export function initCommand([folder = "."]: readonly string[], print: Print): ExitCode {
  const file = `${folder}/conformance.sh`;
  if (existsSync(file)) throw new UsageError(`init: ${file} is there already`);
  const text = `#!/bin/sh
# Judges the provider of this repository. Exit codes: 0 conformant, 1 not, 2 usage, 3 unreachable, 5 inconclusive.
exec npx outboard-conformance run --launch "./my-provider --listen {endpoint}" --kit busybox --report-dir conformance-report
`;
  writeFileSync(file, text, { mode: 0o755 });
  print(`wrote ${file}`);
  return EXIT.ok;
}

function readReport(file: string | undefined): Report {
  if (file === undefined || !existsSync(file)) throw new UsageError(`there is no report "${file ?? ""}"`);
  const report: unknown = JSON.parse(readFileSync(file, "utf8"));
  const { schema } = report as { readonly schema?: string };
  if (schema !== REPORT_SCHEMA) throw new UsageError(`${file}: schema must be ${REPORT_SCHEMA}`);
  return report as Report;
}
