/** What `run` says to people. */
import { clauseOf } from "../clauses/registry.js";
import type { Report } from "../report/report.js";
import type { Result } from "../suite/outcome.js";
import type { Print } from "./context.js";

const QUIET: readonly Result["outcome"][] = ["pass", "not-applicable", "not-run"];
const TIGHT = 0.8;

/** One result; only with -v what passed, did not apply or did not run. */
export function tell(result: Result, isVerbose: boolean, print: Print): void {
  if (QUIET.includes(result.outcome) && !isVerbose) return;
  const code = result.code === "" ? "" : ` (${result.code})`;
  const mark = result.isProvisional === true ? " [provisional]" : "";
  const message = result.message.split("\n")[0] ?? "";
  print(`${result.outcome.padEnd(14)} ${result.id}${code}${mark} ${message}`.trimEnd());
  if (result.outcome === "fail") print(`${" ".repeat(15)}${result.clause}: ${clauseOf(result.clause)?.text ?? ""}`);
}

/** The end of a run: verdict, counts, what was tight, files, and what to type next. */
export function summary(
  report: Report,
  files: readonly string[],
  { reportDir }: { readonly reportDir: string | undefined },
): string {
  const { verdict, counts, provider, expected, results, leaks, staleBaseline, isOfficial, requirements, environment } =
    report;
  const listed = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  const ran = results.filter(({ id, outcome }) => outcome !== "not-run" && expected.includes(id)).length;
  const provisional = results.filter(({ isProvisional }) => isProvisional === true).length;
  const tight = results.filter(({ used, outcome }) => outcome === "pass" && used > TIGHT);
  return [
    `${provider.name} ${provider.version}: ${verdict}${isOfficial ? "" : ` (not official: ${report.unofficial.join("; ")})`}`,
    `${listed.join(", ")} · ${ran} of ${expected.length} checks · requirements ${requirements.set} · ${(report.durationMs / 1000).toFixed(1)} s`,
    ...(provisional > 0 ? [`${provisional} provisional results are not scored`] : []),
    ...notRun(results),
    ...(environment.load > 1
      ? [`the machine was busy: limits were stretched ${environment.load}-fold on average`]
      : []),
    ...tight.map(({ id, used }) => `tight: ${id} used ${Math.round(used * 100)} % of its time`),
    ...leaks.map(({ uid, check, message }) => `left behind: pod ${uid} of ${check}: ${message}`),
    ...(leaks.length > 0 ? ["to end them: outboard-conformance cleanup"] : []),
    ...staleBaseline.map((line) => `baseline: ${line}`),
    ...files.map((file) => `wrote ${file}`),
    ...next(report, reportDir),
  ].join("\n");
}

function notRun(results: readonly Result[]): readonly string[] {
  const left = results.filter(({ outcome }) => outcome === "not-run");
  const [first] = left;
  return first === undefined ? [] : [`${left.length} checks did not run: ${first.message}`];
}

function next({ results }: Report, reportDir: string | undefined): readonly string[] {
  const failed = results.find(({ outcome }) => outcome === "fail" || outcome === "flaky");
  if (failed === undefined) return [];
  const repro = reportDir === undefined ? "" : `, outboard-conformance repro ${reportDir}/report.json ${failed.id}`;
  return [`next: outboard-conformance explain ${failed.clause}${repro}`];
}
