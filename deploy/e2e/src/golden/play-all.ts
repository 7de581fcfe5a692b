// Plays cases, a few at once, and compares each as it ends.

import { join } from "node:path";
import { compareCases } from "./compare.js";
import { playCase, type Stage } from "./play.js";
import type { CaseOutcome, Outcomes } from "./report.js";

export interface PlayAllOptions {
  readonly stage: Stage;
  readonly names: readonly string[];
  /** How many at once. */
  readonly jobs: number;
  readonly onOutcome: (name: string, outcome: CaseOutcome) => void;
}

/** In the order of `names`. */
export async function playAll({ stage, names, jobs, onOutcome }: PlayAllOptions): Promise<Outcomes> {
  const outcomes = new Map<string, CaseOutcome>();
  const waiting = [...names];
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      stage.signal.throwIfAborted();
      const outcome = await playOne(stage, name);
      outcomes.set(name, outcome);
      onOutcome(name, outcome);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return new Map(names.flatMap((name) => (outcomes.has(name) ? [[name, outcomes.get(name) ?? missing("")]] : [])));
}

async function playOne(stage: Stage, name: string): Promise<CaseOutcome> {
  try {
    const why = await playCase(stage, name);
    if (why !== undefined) return missing(why);
    return { kind: "compared", comparison: compareCases(join(stage.cases, name), join(stage.out, name)) };
  } catch (error) {
    return missing(error instanceof Error ? error.message : String(error));
  }
}

function missing(why: string): CaseOutcome {
  return { kind: "missing", why };
}
