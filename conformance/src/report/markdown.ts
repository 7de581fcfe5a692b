/** Markdown for people and for step summaries: verdict, failures first, then areas. */
import { clauseOf } from "../clauses/registry.js";
import type { Report } from "./report.js";

const MAX_CHARACTERS = 900_000;

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const { provider, verdict, counts, results } = report;
  const bad = results.filter(({ outcome }) => !["pass", "not-applicable", "skipped"].includes(outcome));
  const areas = [...new Set(results.map(({ clause }) => areaOf(clause)))].sort();
  const text = `# Conformance of ${provider.name} ${provider.version}: ${verdict}

${Object.entries(counts)
  .map(([outcome, count]) => `${count} ${outcome}`)
  .join(", ")} · profile ${report.profile} · ${(report.durationMs / 1000).toFixed(1)} s · seed ${report.seed}${
    report.isOfficial ? "" : `\n\nNot official: ${report.unofficial.join("; ")}.`
  }

${bad.length === 0 ? "Nothing failed." : `## What failed\n\n${bad.map(failure).join("\n")}`}

## Areas

| area | checks | passed | failed | not applicable |
|---|---|---|---|---|
${areas.map((area) => row(report, area)).join("\n")}
`;
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}\n\n(cut)\n` : text;
}

function failure({ id, outcome, code, message, clause }: Report["results"][number]): string {
  return `- **${id}** ${outcome}${code === "" ? "" : ` (${code})`}: ${message.split("\n")[0]}\n  - ${clause}: ${clauseOf(clause)?.text ?? ""}`;
}

function row({ results }: Report, area: string): string {
  const own = results.filter(({ clause }) => areaOf(clause) === area);
  const count = (outcome: string) => own.filter((result) => result.outcome === outcome).length;
  return `| ${area} | ${own.length} | ${count("pass")} | ${count("fail")} | ${count("not-applicable")} |`;
}

function areaOf(clause: string): string {
  return clause.slice(0, clause.lastIndexOf("-"));
}
