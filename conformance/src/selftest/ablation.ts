/**
 * Ablation: leaves out one check at a time and tries the mutants of its clause again. The selftest must notice, by a mutant
 * that survives now; where every mutant is still killed by another check, nothing proves that this one can fail.
 */
import type { Check } from "../suite/check.js";
import { whyNot } from "../suite/run.js";
import type { Kill } from "./kill.js";
import type { Mutant } from "./mutant.js";
import { checksOf, tryMutant, type Trying } from "./selftest.js";

/** What came of leaving a check out. */
export interface Ablation {
  readonly check: string;
  /** A mutant that survived without the check. */
  readonly noticedBy: string | undefined;
  readonly outcome: "noticed" | "unnoticed" | "not-applicable";
}

/** Leaves a check out. */
export async function ablate({ id, needs }: Check, mutants: readonly Mutant[], trying: Trying): Promise<Ablation> {
  const lasting = needs.filter((need) => !need.startsWith("no:")); // a mutant may hide what is declared
  if (whyNot(lasting, trying.upstream) !== undefined)
    return { check: id, noticedBy: undefined, outcome: "not-applicable" };
  const concerned = mutants.filter((mutant) => checksOf(mutant, trying).some((check) => check.id === id));
  const disabled = new Set([...trying.disabled, id]);
  const outcomes: Kill["outcome"][] = [];
  for (const mutant of concerned) {
    const { outcome } = await tryMutant(mutant, { ...trying, disabled });
    if (outcome === "survived" || outcome === "wrong-reason")
      return { check: id, noticedBy: mutant.id, outcome: "noticed" };
    outcomes.push(outcome);
  }
  const isHere = outcomes.some((outcome) => outcome !== "not-applicable");
  return { check: id, noticedBy: undefined, outcome: isHere ? "unnoticed" : "not-applicable" };
}
