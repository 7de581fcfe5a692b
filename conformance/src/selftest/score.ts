/** What a selftest found, and its score. */
import type { Kill } from "./kill.js";
import type { Acceptance } from "./selftest.js";

/** Everything that was tried. */
export interface Findings {
  readonly kills: readonly Kill[];
  readonly acceptances: readonly Acceptance[];
}

/** In words, and whether it is good: something was tried, every mutant that applies is killed, every variant passed. */
export interface Score {
  readonly text: string;
  readonly isGood: boolean;
}

/** The score. */
export function scoreOf({ kills, acceptances }: Findings): Score {
  const mutants = count(kills, "killed");
  const variants = count(acceptances, "passed");
  const isGood = mutants.isGood && variants.isGood && mutants.applying + variants.applying > 0;
  return { text: `killed ${mutants.text}, variants passed ${variants.text}`, isGood };
}

interface Tried {
  readonly outcome: string;
}

function count(
  all: readonly Tried[],
  good: string,
): { readonly text: string; readonly applying: number; readonly isGood: boolean } {
  const applying = all.filter(({ outcome }) => outcome !== "not-applicable");
  const reached = applying.filter(({ outcome }) => outcome === good).length;
  const rest = all.length - applying.length;
  return {
    text: `${reached}/${applying.length}${rest === 0 ? "" : ` (${rest} not applicable)`}`,
    applying: applying.length,
    isGood: reached === applying.length,
  };
}
