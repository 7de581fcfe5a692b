// How a run of somebody else's tests is shown: one line per test, a line of sums, a TSV file.

import { writeFileSync } from "node:fs";
import type { SpecResult, SpecState } from "./ginkgo-report.js";
import type { Judgement } from "./lists.js";

const STATES: readonly SpecState[] = ["passed", "failed", "timedout", "skipped"];

export function resultLine({ state, seconds, name, message }: SpecResult): string {
  const why = state === "passed" || message === "" ? "" : `\n           ${message}`;
  return `${state.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  ${name}${why}`;
}

/** "3 passed, 1 failed, 0 timed out, 2 skipped" */
export function sumLine(results: readonly SpecResult[]): string {
  const count = (state: SpecState): number => results.filter((result) => result.state === state).length;
  return STATES.map((state) => `${count(state)} ${state === "timedout" ? "timed out" : state}`).join(", ");
}

/** State, seconds, name, message; sorted by name. */
export function toTsv(results: readonly SpecResult[]): string {
  const sorted = results.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return sorted
    .map(({ state, seconds, name, message }) => [state, seconds.toFixed(1), name, message].join("\t") + "\n")
    .join("");
}

/** Prints it all; true: nothing that must pass was lost. */
export function report(results: readonly SpecResult[], judgement: Judgement, tsvFile: string): boolean {
  writeFileSync(tsvFile, toTsv(results));
  const sorted = results.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const result of sorted) console.log(resultLine(result));
  const { lost, missing, won } = judgement;
  for (const { name } of lost) console.log(`lost: ${name}`);
  for (const name of missing) console.log(`not run: ${name}`);
  console.log(`${sumLine(results)}; lost ${lost.length}, not run ${missing.length}, new ${won.length}`);
  console.log(`results: ${tsvFile}`);
  return lost.length === 0 && missing.length === 0;
}
