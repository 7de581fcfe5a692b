/** Known failures: strict both ways. An entry names a check, the code with which it fails, and until when. */
import { readFileSync } from "node:fs";
import type { Result } from "./outcome.js";

/** One known failure. */
export interface BaselineEntry {
  readonly id: string;
  readonly code: string;
  readonly reason: string;
  /** Where it is tracked. */
  readonly issue?: string;
  /** Last day, YYYY-MM-DD. */
  readonly expires?: string;
}

/** Results with the known failures marked, and what is wrong with the list. */
export interface Baselined {
  readonly results: readonly Result[];
  readonly stale: readonly string[];
}

/** Reads a list. @throws Error that names the file and what is wrong. */
export function readBaseline(path: string): readonly BaselineEntry[] {
  const file = JSON.parse(readFileSync(path, "utf8")) as {
    readonly schema?: string;
    readonly entries?: readonly BaselineEntry[];
  };
  if (file.schema !== "outboard-conformance-baseline/v1")
    throw new Error(`${path}: schema must be outboard-conformance-baseline/v1`);
  const { entries = [] } = file;
  if (!Array.isArray(entries)) throw new Error(`${path}: entries must be a list`);
  for (const [at, entry] of entries.entries()) checkEntry(entry as unknown, `${path}: entries[${at}]`);
  return entries;
}

const FIELDS = ["id", "code", "reason", "issue", "expires"];

/** Every field known and a text; id and code there. */
function checkEntry(entry: unknown, where: string): void {
  if (typeof entry !== "object" || entry === null) throw new Error(`${where} must be a mapping`);
  const fields: Readonly<Record<string, unknown>> = { id: undefined, code: undefined, ...entry };
  for (const [field, value] of Object.entries(fields)) {
    if (!FIELDS.includes(field)) throw new Error(`${where}.${field} is not known`);
    if (typeof value !== "string") throw new Error(`${where}.${field} must be a text`);
  }
  const { expires } = fields;
  if (typeof expires === "string" && !/^\d{4}-\d{2}-\d{2}$/.test(expires))
    throw new Error(`${where}.expires must be YYYY-MM-DD`);
}

/** Applies a list; `today` is YYYY-MM-DD. */
export function applyBaseline(results: readonly Result[], entries: readonly BaselineEntry[], today: string): Baselined {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const stale: string[] = [];
  for (const entry of entries) {
    const result = results.find(({ id }) => id === entry.id);
    const problem = problemOf(entry, result, today);
    if (problem !== undefined) stale.push(`${entry.id}: ${problem}`);
  }
  const marked = results.map((result): Result => {
    const entry = byId.get(result.id);
    if (entry === undefined) return result;
    if (result.outcome === "pass") return { ...result, outcome: "unexpected-pass" };
    const isKnown = result.outcome === "fail" && result.code === entry.code && !isExpired(entry, today);
    return isKnown ? { ...result, outcome: "expected-fail" } : result;
  });
  return { results: marked, stale };
}

function problemOf(entry: BaselineEntry, result: Result | undefined, today: string): string | undefined {
  if (result === undefined) return "no such check ran";
  if (isExpired(entry, today)) return `the entry expired on ${entry.expires}`;
  if (result.outcome === "pass") return "it passes; remove the entry";
  if (result.outcome !== "fail") return `its outcome is ${result.outcome}`;
  return result.code === entry.code ? undefined : `it fails with ${result.code}, not with ${entry.code}`;
}

function isExpired({ expires }: BaselineEntry, today: string): boolean {
  return expires !== undefined && expires < today;
}
