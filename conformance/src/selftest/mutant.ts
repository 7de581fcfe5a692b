/** What a mutant is: one fault, the one clause that it breaks, and how the suite must see it. */
import type { ClauseId } from "../clauses/registry.js";
import type { FailureCode } from "../suite/failure.js";
import type { Launch } from "./launch.js";
import type { Rule } from "./rule.js";

/** Where a fault sits: in what passes the proxy, in the provider itself, or in how its process lives. */
export type Layer = "wire" | "switch" | "process";

/** One fault. */
export interface Mutant {
  readonly id: string;
  readonly clause: ClauseId;
  /** The diagnostic code with which a check of the clause must fail. */
  readonly code: FailureCode;
  readonly fault: string;
  readonly layer: Layer;
  /** Checks that make the traffic, where a monitor judges. Empty: the clause's own checks. */
  readonly drive: readonly string[];
  /** A new rule with its own state for each run; undefined where the provider itself is at fault. */
  readonly rule?: () => Rule;
  /** How the provider is launched so that it has the fault. */
  readonly launch?: Launch;
}

/** Writes a mutant of the wire down; its id is made from the clause. */
// oxlint-disable-next-line max-params -- a row of a table
export function mutant(
  clause: ClauseId,
  code: FailureCode,
  fault: string,
  rule: () => Rule,
  ...drive: readonly string[]
): Mutant {
  return { id: idOf(clause, fault), clause, code, fault, layer: "wire", drive, rule };
}

/** Writes a mutant down that is launched with its fault. */
// oxlint-disable-next-line max-params -- a row of a table
export function launchedMutant(
  clause: ClauseId,
  code: FailureCode,
  fault: string,
  launch: Launch,
  ...drive: readonly string[]
): Mutant {
  const layer = launch.kind === "flags" ? "switch" : "process";
  return { id: idOf(clause, fault), clause, code, fault, layer, drive, launch };
}

function idOf(clause: ClauseId, fault: string): string {
  const words = fault
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40);
  return `M-${clause}-${words}`;
}
