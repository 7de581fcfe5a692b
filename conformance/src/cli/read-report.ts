/** Reads a JSON report again. */
import { existsSync, readFileSync } from "node:fs";
import { REPORT_SCHEMA, type Report } from "../report/report.js";
import { asUsage, UsageError } from "./usage-error.js";

/** The report of a file; `who` is the flag or command that asks. @throws UsageError that names the file */
export function readReport(file: string | undefined, who: string): Report {
  if (file === undefined) throw new UsageError(`${who}: name a JSON report`);
  if (!existsSync(file)) throw new UsageError(`${who}: there is no report ${file}`);
  const content: unknown = asUsage(`${who}: ${file}`, () => JSON.parse(readFileSync(file, "utf8")));
  const { schema, results, expected } = (content ?? {}) as Partial<Report>;
  if (schema !== REPORT_SCHEMA) throw new UsageError(`${who}: ${file}: schema must be ${REPORT_SCHEMA}`);
  if (!Array.isArray(results) || !Array.isArray(expected)) {
    throw new UsageError(`${who}: ${file}: results and expected must be lists`);
  }
  return content as Report;
}
