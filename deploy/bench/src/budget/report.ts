// The figures as a table: a line for each budget and class.

import type { BudgetFigures } from "./service.js";

const NAMES = { end: "ends", start: "starts", seen: "cosmetic", events: "events" } as const;

export function toTable(all: readonly BudgetFigures[]): readonly string[] {
  const head = "budget  class      requests   half by    all by";
  const lines = all.flatMap(({ budget, services, leaseGap }) => [
    ...services.map(({ of, count, half, all: last }) =>
      [String(budget).padStart(6), NAMES[of].padEnd(9), String(count).padStart(9), seconds(half), seconds(last)].join(
        "  ",
      ),
    ),
    `${String(budget).padStart(6)}  lease      renewed at least every ${leaseGap.toFixed(1)} s`,
  ]);
  return [head, ...lines];
}

function seconds(value: number): string {
  return `${value.toFixed(2).padStart(6)} s`;
}
