/** One report of the reports of all parts of a run. */
import { clauseOf } from "../clauses/registry.js";
import { readSet, scorer } from "../requirements/set.js";
import { MONITORED } from "../suite/monitors.js";
import { type OutcomeKind, type Result, verdictOf } from "../suite/outcome.js";
import { countOutcomes, idsDigest, type Report } from "./report.js";

/** The reason why a part is not official, which merging takes away. */
export const PART = "one part of several";

/** A report and where it came from. */
export interface Part {
  readonly file: string;
  readonly report: Report;
}

/** What must be equal in all parts. */
const SAME = ["tool", "registryDigest", "requirements", "profile", "level", "kit", "scale"] as const;

/** Worst first: what a rule that was watched in several parts has come to. */
const RANK: readonly OutcomeKind[] = ["fail", "flaky", "harness-error", "not-run", "expected-fail", "unexpected-pass"];

/** Puts parts together. @throws Error that names the file and what does not fit */
export function mergeReports(parts: readonly Part[]): Report {
  const [first] = parts;
  if (first === undefined) throw new Error("there is no part");
  for (const part of parts) compare(first, part);
  checkShards(parts);
  const reports = parts.map(({ report }) => report);
  const expected = reports.flatMap((report) => report.expected).sort();
  const merged = mergeResults(reports);
  const results = [...merged, ...unseen(first.report, merged)].sort((one, two) => one.id.localeCompare(two.id));
  const reasons = reports.flatMap(({ unofficial }) => unofficial.filter((reason) => reason !== PART));
  const unofficial = [...new Set(reasons)];
  return {
    ...first.report,
    expected,
    expectedDigest: idsDigest(expected),
    shard: null,
    results,
    counts: countOutcomes(results),
    startedAt: reports.map(({ startedAt }) => startedAt).sort()[0] ?? first.report.startedAt,
    durationMs: reports.reduce((sum, { durationMs }) => sum + durationMs, 0),
    verdict: verdictOf(results, expected),
    unofficial,
    isOfficial: unofficial.length === 0,
    leaks: reports.flatMap(({ leaks }) => leaks),
    staleBaseline: [...new Set(reports.flatMap(({ staleBaseline }) => staleBaseline))],
  };
}

function compare(first: Part, { file, report }: Part): void {
  for (const field of SAME) {
    if (JSON.stringify(report[field]) !== JSON.stringify(first.report[field]))
      throw new Error(`${file}: ${field} is not that of ${first.file}`);
  }
  const facts = ({ provider: { name, version, capabilities, features } }: Report) =>
    JSON.stringify([name, version, capabilities, features]);
  if (facts(report) !== facts(first.report)) throw new Error(`${file}: provider is not that of ${first.file}`);
}

/** Every part of the same whole, each once. */
function checkShards(parts: readonly Part[]): void {
  const seen = new Map<string, string>();
  for (const { file, report } of parts) {
    if (report.shard === null) throw new Error(`${file}: shard is not set: the report is of no part`);
    const before = seen.get(report.shard);
    if (before !== undefined) throw new Error(`${file}: shard ${report.shard} is that of ${before} too`);
    seen.set(report.shard, file);
  }
  const of = Number([...seen.keys()][0]?.split("/")[1] ?? 0);
  const wanted = Array.from({ length: of }, (_, at) => `${at + 1}/${of}`);
  const strange = [...seen].find(([shard]) => !wanted.includes(shard));
  if (strange !== undefined) throw new Error(`${strange[1]}: shard ${strange[0]} is no part of ${of}`);
  const missing = wanted.filter((shard) => !seen.has(shard));
  if (missing.length > 0) throw new Error(`shard ${missing.join(", ")} is missing`);
}

/** A check is in one part; a rule that was watched may be in several, and the worst counts. */
function mergeResults(reports: readonly Report[]): readonly Result[] {
  const byId = new Map<string, Result>();
  for (const result of reports.flatMap(({ results }) => results)) {
    const before = byId.get(result.id);
    if (before === undefined || rank(result) < rank(before)) byId.set(result.id, result);
  }
  return [...byId.values()];
}

function rank({ outcome }: Result): number {
  const at = RANK.indexOf(outcome);
  return at === -1 ? RANK.length : at;
}

/** In a whole run a rule that nothing was held to is unproven, unless it belongs to what is not declared. */
function unseen(report: Report, results: readonly Result[]): readonly Result[] {
  const isWhole = report.profile === "full" && report.unofficial.every((reason) => !reason.startsWith("only some"));
  if (!isWhole) return [];
  const score = scorer(readSet(report.requirements.set));
  const missing = MONITORED.filter((id) => !results.some((result) => result.id === `${id}/monitor`));
  return missing.map((id) => score(unproven(id, report)));
}

function unproven(id: string, { provider }: Report): Result {
  const clause = clauseOf(id);
  const honoured = provider.features.map((feature) => feature.id);
  const undeclared =
    clause?.capability !== undefined && !provider.capabilities.includes(clause.capability)
      ? `${clause.capability} is not declared`
      : clause?.feature !== undefined && !honoured.includes(clause.feature)
        ? `feature ${clause.feature} is not declared`
        : undefined;
  return {
    id: `${id}/monitor`,
    clause: id,
    level: clause?.level ?? "MUST",
    title: clause?.text ?? "",
    outcome: undeclared === undefined ? "not-testable" : "not-applicable",
    code: "",
    message: undeclared ?? "nothing of the kind was seen in the whole run",
    durationMs: 0,
    trace: [],
    used: 0,
  };
}
