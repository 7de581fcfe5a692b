/** Writes a report in every format that was asked for. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { exitCodeOf, type Result } from "../suite/outcome.js";
import { toHtml } from "./html.js";
import { toJunit } from "./junit.js";
import { toMarkdown } from "./markdown.js";
import { standingOf } from "./make.js";
import { REPORT_SCHEMA, type Report, toolFacts } from "./report.js";

/** Name of a format. */
export type Format = "json" | "ndjson" | "junit" | "markdown" | "html" | "badge";

export const FORMATS: readonly Format[] = ["json", "ndjson", "junit", "markdown", "html", "badge"];

/** Written line by line during a run, and whole at its end. */
export const RESULTS_FILE = "results.ndjson";

const FILES: Readonly<Record<Format, string>> = {
  json: "report.json",
  ndjson: RESULTS_FILE,
  junit: "junit.xml",
  markdown: "report.md",
  html: "report.html",
  badge: "badge.json",
};

/** Writes the files and gives their paths. @throws Error when a file cannot be written. */
export function writeReport(folder: string, report: Report, formats: readonly Format[]): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return formats.map((format) => {
    const file = path.join(folder, FILES[format]);
    writeFileSync(file, render(report, format));
    return file;
  });
}

/** The text of a report in one format. */
export function render(report: Report, format: Format): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(report, undefined, 2)}\n`;
    case "ndjson":
      return ndjson(report);
    case "junit":
      return toJunit(report);
    case "markdown":
      return toMarkdown(report);
    case "html":
      return toHtml(report);
    case "badge":
      return badge(report);
  }
}

/** First line of the NDJSON form. */
export function beginLine(expected: number, seed: number, requirements: string): string {
  return line({ kind: "begin", schema: REPORT_SCHEMA, tool: toolFacts(), expected, seed, requirements });
}

/** Last line. */
export function endLine({ verdict, isOfficial, counts, leaks, staleBaseline }: Report, exitCode: number): string {
  return line({ kind: "end", verdict, isOfficial, counts, leaks, staleBaseline, exitCode });
}

function ndjson(report: Report): string {
  const begin = beginLine(report.expected.length, report.seed, report.requirements.set);
  return [begin, ...report.results.map(ndjsonLine), endLine(report, exitCodeOf(standingOf(report)))].join("");
}

function line(event: object): string {
  return `${JSON.stringify(event)}\n`;
}

/** One result as one line. */
export function ndjsonLine(result: Result): string {
  return line({ kind: "result", ...result });
}

function badge({ verdict, counts }: Report): string {
  const color = verdict === "conformant" ? "brightgreen" : verdict === "non-conformant" ? "red" : "yellow";
  return `${JSON.stringify({ schemaVersion: 1, label: "outboard", message: `${verdict} (${counts.pass ?? 0} passed)`, color })}\n`;
}
