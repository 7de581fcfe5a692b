/** Writes a report in every format that was asked for. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Result } from "../suite/outcome.js";
import { toHtml } from "./html.js";
import { toJunit } from "./junit.js";
import { toMarkdown } from "./markdown.js";
import type { Report } from "./report.js";

/** Name of a format. */
export type Format = "json" | "ndjson" | "junit" | "markdown" | "html" | "badge";

export const FORMATS: readonly Format[] = ["json", "ndjson", "junit", "markdown", "html", "badge"];

const FILES: Readonly<Record<Format, string>> = {
  json: "report.json",
  ndjson: "results.ndjson",
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
      return report.results.map(ndjsonLine).join("");
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

/** One result as one line. */
export function ndjsonLine(result: Result): string {
  return `${JSON.stringify({ kind: "result", ...result })}\n`;
}

function badge({ verdict, counts }: Report): string {
  const color = verdict === "conformant" ? "brightgreen" : verdict === "non-conformant" ? "red" : "yellow";
  return `${JSON.stringify({ schemaVersion: 1, label: "outboard", message: `${verdict} (${counts.pass ?? 0} passed)`, color })}\n`;
}
