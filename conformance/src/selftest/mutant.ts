/** What a mutant is: one fault, the one clause that it breaks, and how the suite must see it. */
import type { ClauseId } from "../clauses/registry.js";
import type { FailureCode } from "../suite/failure.js";
import type { Rule } from "./rule.js";

/** One fault. */
export interface Mutant {
  readonly id: string;
  readonly clause: ClauseId;
  /** The diagnostic code with which a check of the clause must fail. */
  readonly code: FailureCode;
  readonly fault: string;
  /** Checks that make the traffic, where a monitor judges. Empty: the clause's own checks. */
  readonly drive: readonly string[];
  /** A new rule with its own state for each run. */
  readonly rule: () => Rule;
}

/** Writes a mutant down; its id is made from the clause. */
// oxlint-disable-next-line max-params -- a row of a table
export function mutant(
  clause: ClauseId,
  code: FailureCode,
  fault: string,
  rule: () => Rule,
  ...drive: readonly string[]
): Mutant {
  return {
    id: `M-${clause}-${fault
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .slice(0, 40)}`,
    clause,
    code,
    fault,
    drive,
    rule,
  };
}
