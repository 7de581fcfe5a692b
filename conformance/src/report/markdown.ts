/** Markdown for people and for step summaries: verdict, failures first, then areas. */
import { clauseOf } from "../clauses/registry.js";
import type { Report } from "./report.js";

/** A step summary may have 1 MiB. */
const MAX_BYTES = 900_000;

/** The report as Markdown. */
export function toMarkdown(report: Report): string {
  const { provider, verdict, counts, results } = report;
  const bad = results.filter(({ outcome }) => !["pass", "not-applicable", "skipped"].includes(outcome));
  const newer = results.filter(({ isProvisional }) => isProvisional === true).length;
  const provisional = newer === 0 ? "" : `; ${newer} results are provisional and not scored`;
  const areas = [...new Set(results.map(({ clause }) => areaOf(clause)))].sort();
  const text = `# Conformance of ${plain(`${provider.name} ${provider.version}`)}: ${verdict}

${Object.entries(counts)
  .map(([outcome, count]) => `${count} ${outcome}`)
  .join(", ")} · profile ${report.profile} · ${(report.durationMs / 1000).toFixed(1)} s · seed ${report.seed}${
    report.isOfficial ? "" : `\n\nNot official: ${report.unofficial.join("; ")}.`
  }

${bad.length === 0 ? "Nothing failed." : `## What failed\n\n${bad.map(failure).join("\n")}`}

Requirement set ${report.requirements.set}, digest \`${report.requirements.digest.slice(0, 16)}\`${provisional}.

## Areas

| area | checks | passed | failed | not applicable |
|---|---|---|---|---|
${areas.map((area) => row(report, area)).join("\n")}
`;
  return cut(text);
}

function cut(text: string): string {
  if (Buffer.byteLength(text) <= MAX_BYTES) return text;
  const head = Buffer.from(text).subarray(0, MAX_BYTES).toString("utf8");
  return `${head.slice(0, head.lastIndexOf("\n"))}\n\n(cut)\n`;
}

function failure({ id, outcome, code, message, clause, isProvisional }: Report["results"][number]): string {
  const mark = isProvisional === true ? " [provisional, not scored]" : "";
  const line = plain(message.split("\n")[0] ?? "");
  return `- **${id}** ${outcome}${code === "" ? "" : ` (${code})`}${mark}: ${line}\n  - ${clause}: ${clauseOf(clause)?.text ?? ""}`;
}

/** Text of a provider, without what Markdown and HTML would make of it. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|#!]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function row({ results }: Report, area: string): string {
  const own = results.filter(({ clause }) => areaOf(clause) === area);
  const count = (outcome: string) => own.filter((result) => result.outcome === outcome).length;
  return `| ${area} | ${own.length} | ${count("pass")} | ${count("fail")} | ${count("not-applicable")} |`;
}

function areaOf(clause: string): string {
  return clause.slice(0, clause.lastIndexOf("-"));
}
