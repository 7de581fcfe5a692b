/** Known failures: strict both ways. An entry names a check, the code with which it fails, and until when. */
import { readFileSync } from "node:fs";
import type { Result } from "./outcome.js";

/** One known failure. */
export interface BaselineEntry {
  readonly id: string;
  readonly code: string;
  readonly reason: string;
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
  return file.entries ?? [];
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
