/** The report of one run, as data: the one source of every format. */
import { createHash } from "node:crypto";
import { CLAUSES } from "../clauses/registry.js";
import type { OutcomeKind, Result, Verdict } from "../suite/outcome.js";

/** Version of the report's own schema. */
export const REPORT_SCHEMA = "outboard-conformance-report/v1";

/** A report. */
export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly tool: { readonly name: string; readonly version: string };
  /** SHA-256 over all clauses. */
  readonly registryDigest: string;
  /** SHA-256 over the ids that had to run. */
  readonly expectedDigest: string;
  readonly expected: readonly string[];
  readonly profile: string;
  readonly kit: string;
  readonly seed: number;
  readonly scale: number;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly provider: ProviderFacts;
  readonly verdict: Verdict;
  readonly isOfficial: boolean;
  /** Why the verdict is not official. */
  readonly unofficial: readonly string[];
  readonly counts: Readonly<Partial<Record<OutcomeKind, number>>>;
  readonly leaks: readonly string[];
  readonly staleBaseline: readonly string[];
  readonly results: readonly Result[];
}

/** What the provider said of itself. */
export interface ProviderFacts {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
  readonly capabilities: readonly string[];
  readonly features: readonly { readonly id: string; readonly level: string }[];
}

/** How often each outcome came. */
export function countOutcomes(results: readonly Result[]): Readonly<Partial<Record<OutcomeKind, number>>> {
  const counts: Partial<Record<OutcomeKind, number>> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Digest of the registry in use. */
export function registryDigest(): string {
  return sha256(JSON.stringify(CLAUSES));
}

/** Digest of a list of ids. */
export function idsDigest(ids: readonly string[]): string {
  return sha256([...ids].sort().join("\n"));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
