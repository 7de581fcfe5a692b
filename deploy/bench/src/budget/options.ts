// The flags of `npm run bench -- budget`, read once; anything wrong is one clear line.

import { parseFlags, wholeNumber } from "../flags.js";

export interface BudgetOptions {
  /** Requests per second, and as many at once; a gateway for each in turn. */
  readonly budgets: readonly number[];
  /** Pods of each kind: that end, that start, that change without progress. Absent: as many as make the budget scarce. */
  readonly pods?: number;
}

export const BUDGET_USAGE = `usage: npm run bench -- budget [flags]   who is served first when requests to the API server are few

  --budgets LIST      requests per second of the gateway, in turn (default 5,50,500)
  --pods N            pods that end, that start and that change a little, of each so many, all at once
                      (default four for each request per second, at most 400)`;

const FLAGS = { budgets: { type: "string" }, pods: { type: "string" } } as const;
const BUDGETS = [5, 50, 500];

/** Reads the words after `budget`. @throws UsageError */
export function readBudgetOptions(words: readonly string[]): BudgetOptions {
  const { budgets, pods } = parseFlags(words, FLAGS);
  return {
    budgets: budgets?.split(",").map((word) => wholeNumber("budgets", word, [1, 100_000])) ?? BUDGETS,
    ...(pods === undefined ? {} : { pods: wholeNumber("pods", pods, [1, 1_000]) }),
  };
}
