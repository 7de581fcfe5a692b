/**
 * How far each clause is proven: C0 it is in the registry, C1 a check names it, C2 a check of it passed on a provider, C3 a
 * mutant of it was killed by its own code, C4 providers of two kinds pass it. Higher steps need lower ones.
 */
import { CHECKS } from "../checks/index.js";
import type { Clause } from "../clauses/clause.js";
import { CLAUSES } from "../clauses/registry.js";
import { MONITORED } from "../suite/monitors.js";
import type { Result } from "../suite/outcome.js";
import type { Kill } from "./kill.js";

/** What runs and selftests have shown. */
export interface Evidence {
  /** Results of whole runs, by the name of the provider. */
  readonly runs: readonly {
    readonly provider: string;
    readonly results: readonly Pick<Result, "clause" | "outcome">[];
  }[];
  readonly kills: readonly Pick<Kill, "clause" | "outcome">[];
}

/** Counts of one area; each step counts only clauses that stand on the step before. */
export interface Rung {
  readonly area: string;
  /** C0 to C4, of clauses that a provider must keep and that can be seen. */
  readonly steps: readonly [number, number, number, number, number];
  /** Not seen from outside, with a reason each. */
  readonly unobservable: number;
}

type Steps = readonly [boolean, boolean, boolean, boolean, boolean];

/** The ladder by area, and a last row of sums. */
export function ladderOf(evidence: Evidence): readonly Rung[] {
  const own = CLAUSES.filter(({ party }) => party === "provider");
  const areas = [...new Set(own.map(({ area }) => area))];
  const rows = areas.map((area) =>
    rungOf(
      area,
      own.filter((clause) => clause.area === area),
      evidence,
    ),
  );
  return [...rows, rungOf("all", own, evidence)];
}

/** The clauses that stand on a lower step than `step`, among those that can be seen. */
export function below(step: 1 | 2 | 3 | 4, evidence: Evidence): readonly string[] {
  return CLAUSES.filter((clause) => isSeen(clause) && !stepsOf(clause, evidence)[step]).map(({ id }) => id);
}

/** The ladder as a Markdown table. */
export function ladderText(evidence: Evidence): string {
  const rows = ladderOf(evidence).map(
    ({ area, steps, unobservable }) => `| ${area} | ${steps.join(" | ")} | ${unobservable} |`,
  );
  const head = "| area | C0 declared | C1 linked | C2 exercised | C3 falsified | C4 confirmed | not observable |";
  return [head, "|---|---|---|---|---|---|---|", ...rows].join("\n");
}

function rungOf(area: string, clauses: readonly Clause[], evidence: Evidence): Rung {
  const all = clauses.filter(isSeen).map((clause) => stepsOf(clause, evidence));
  const count = (step: 0 | 1 | 2 | 3 | 4) => all.filter((steps) => steps[step]).length;
  const steps = [count(0), count(1), count(2), count(3), count(4)] as const;
  return { area, steps, unobservable: clauses.length - all.length };
}

function isSeen({ party, observe }: Clause): boolean {
  return party === "provider" && observe !== "unobservable";
}

function stepsOf({ id }: Clause, { runs, kills }: Evidence): Steps {
  const isLinked = CHECKS.some(({ clause }) => clause === id) || MONITORED.some((each) => each === id);
  const passing = runs.filter(({ results }) =>
    results.some(({ clause, outcome }) => clause === id && outcome === "pass"),
  );
  const isExercised = isLinked && passing.length > 0;
  const isFalsified = isExercised && kills.some(({ clause, outcome }) => clause === id && outcome === "killed");
  const isConfirmed = isFalsified && new Set(passing.map(({ provider }) => provider)).size > 1;
  return [true, isLinked, isExercised, isFalsified, isConfirmed];
}
