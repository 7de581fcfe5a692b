// The table of a comparison: a line per case, its differences if wanted, and the totals.

import { type Comparison, LEVELS } from "./compare.js";

export type CaseOutcome =
  | { readonly kind: "compared"; readonly comparison: Comparison }
  /** It was not observed. */
  | { readonly kind: "missing"; readonly why: string };

export type Outcomes = ReadonlyMap<string, CaseOutcome>;

export function caseLines(name: string, outcome: CaseOutcome, options: { readonly isVerbose: boolean }): string[] {
  if (outcome.kind === "missing") return [`${name}: MISSING (${outcome.why})`];
  const { isEqual, broken, differences } = outcome.comparison;
  const words = LEVELS.map((level) => `${level} ${isEqual[level] ? "equal" : "DIFFER"}`).join(", ");
  const details = [...differences, ...broken.map((sentence) => `broken ${sentence}`)].map((line) => `    ${line}`);
  return [`${name}: ${words}${broken.length > 0 ? ", BROKEN" : ""}`, ...(options.isVerbose ? details : [])];
}

/** For example "123 cases: states 121, events 121, status 119, logs 120 equal; 0 invariants broken; missing 0". */
export function totalsLine(outcomes: Outcomes): string {
  const compared = comparisonsIn(outcomes);
  const equal = LEVELS.map((level) => `${level} ${compared.filter(({ isEqual }) => isEqual[level]).length}`);
  const broken = compared.reduce((sum, comparison) => sum + comparison.broken.length, 0);
  const missing = outcomes.size - compared.length;
  return `${outcomes.size} cases: ${equal.join(", ")} equal; ${broken} invariants broken; missing ${missing}`;
}

/** True when every case was observed, is equal on every level, and broke nothing. */
export function isAllEqual(outcomes: Outcomes): boolean {
  const compared = comparisonsIn(outcomes);
  const isWhole = ({ isEqual, broken }: Comparison): boolean =>
    LEVELS.every((level) => isEqual[level]) && broken.length === 0;
  return compared.length === outcomes.size && compared.every(isWhole);
}

function comparisonsIn(outcomes: Outcomes): Comparison[] {
  return [...outcomes.values()].flatMap((outcome) => (outcome.kind === "compared" ? [outcome.comparison] : []));
}
