/** The report of one run, as data: the one source of every format. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CLAUSES } from "../clauses/registry.js";
import type { Leak } from "../suite/removal.js";
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
  readonly requirements: RequirementsFact;
  readonly profile: string;
  /** "must", or "strict": a failed SHOULD is exit code 1 too. */
  readonly level: "must" | "strict";
  /** "N/M" of a part of a run; null: the whole. */
  readonly shard: string | null;
  readonly kit: string;
  readonly seed: number;
  readonly scale: number;
  readonly environment: EnvironmentFact;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly provider: ProviderFacts;
  readonly verdict: Verdict;
  readonly isOfficial: boolean;
  /** Why the verdict is not official. */
  readonly unofficial: readonly string[];
  readonly counts: Readonly<Partial<Record<OutcomeKind, number>>>;
  /** Pods that are left at the end of the run. */
  readonly leaks: readonly Leak[];
  readonly staleBaseline: readonly string[];
  readonly results: readonly Result[];
}

/** Which requirement set was judged by. */
export interface RequirementsFact {
  /** "1.0", or "draft": every check counts. */
  readonly set: string;
  /** SHA-256 over the set's clauses. */
  readonly digest: string;
}

/** Where the suite ran, and what it launched. */
export interface EnvironmentFact {
  readonly node: string;
  readonly platform: string;
  readonly architecture: string;
  /** SHA-256 of the launched command's words; empty: nothing was launched. */
  readonly launchDigest: string;
  /** How much longer the machine took for things than a quiet one, over the whole run; limits were stretched so. 1: quiet. */
  readonly load: number;
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

/** Name and version of the suite. */
export function toolFacts(): Report["tool"] {
  const file = new URL("../../package.json", import.meta.url);
  const { name, version } = JSON.parse(readFileSync(file, "utf8")) as Report["tool"];
  return { name, version };
}

/** Facts of this process. */
export function environmentFacts(launch: readonly string[] | undefined, load: number): EnvironmentFact {
  const { version: node, platform, arch: architecture } = process;
  const launchDigest = launch === undefined ? "" : sha256(launch.join("\0"));
  return { node, platform, architecture, launchDigest, load: Number(load.toFixed(2)) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
