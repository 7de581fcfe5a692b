// Plays cells of the matrix, some at once, and prints what came of them.

import type { Cluster } from "@outboard/devcluster";
import { ResultTable } from "../kubectl/table.js";
import { startBystander } from "./bystander.js";
import { type Phase, PHASES, playCell, type Verdict } from "./cell.js";
import { conduct, type Conductor } from "./conductor.js";
import { createRandom } from "./random.js";
import { type Fault, FAULTS } from "./table.js";

export interface MatrixOptions {
  readonly jobs: number;
  readonly names: readonly string[];
  readonly phases: readonly Phase[];
  readonly cells: "all" | "diagonal";
  readonly length: "full" | "short";
  readonly seed: number;
}

export interface Chosen {
  readonly fault: Fault;
  readonly phase: Phase;
}

export interface Played extends Chosen {
  readonly verdict: Verdict;
}

/** The cells that are asked for; those that take long come first. */
export function chooseCells({
  names,
  phases,
  cells,
}: Pick<MatrixOptions, "names" | "phases" | "cells">): readonly Chosen[] {
  const rows = FAULTS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  const chosen = rows.flatMap((fault, index) =>
    phases
      .filter((_, column) => cells === "all" || column === index % phases.length)
      .map((phase): Chosen => ({ fault, phase })),
  );
  return chosen.toSorted((one, other) => lengthOf(other) - lengthOf(one));
}

function lengthOf({ fault }: Chosen): number {
  return fault.patienceMs / 1000 + fault.seconds.full;
}

export async function playMatrix(
  cluster: Cluster,
  options: MatrixOptions,
  say: (line: string) => void,
): Promise<readonly Played[]> {
  const chosen = chooseCells(options);
  await using _bystander = await startBystander(cluster.api);
  const played: Played[] = [];
  const random = createRandom(options.seed);
  const playOne = async (cell: Chosen, conductor: Conductor): Promise<void> => {
    const verdict = await playCell({ cluster, ...cell, length: options.length, random, conductor }).catch(notPlayed);
    if (verdict.folder === "") conductor.leave();
    played.push({ ...cell, verdict });
    say(lineOf({ ...cell, verdict }));
  };
  const alone = chosen.filter(({ fault }) => fault.scope === "node");
  await inParallel(alone, options.jobs, async (cell) => playOne(cell, conduct(1)));
  const rows = Map.groupBy(
    chosen.filter(({ fault }) => fault.scope === "cluster"),
    ({ fault }) => fault.name,
  );
  for (const row of rows.values()) {
    const conductor = conduct(row.length);
    await Promise.all(row.map(async (cell) => playOne(cell, conductor)));
  }
  return played;
}

export function matrixText(played: readonly Played[]): string {
  const table = new ResultTable("fault");
  for (const phase of PHASES)
    for (const { name } of FAULTS) if (played.some(({ fault }) => fault.name === name)) table.set(name, phase, "-");
  for (const { fault, phase, verdict } of played) {
    const { violations, seconds } = verdict;
    table.set(fault.name, phase, violations.length === 0 ? `ok ${seconds.toFixed(0)} s` : `${violations.length} RED`);
  }
  return table.text();
}

export function redText(played: readonly Played[]): string {
  return played
    .filter(({ verdict }) => verdict.violations.length > 0)
    .map(lineOf)
    .join("\n");
}

function lineOf({ fault, phase, verdict: { violations, folder, seconds } }: Played): string {
  const head = `${fault.name} during ${phase}`;
  if (violations.length === 0) return `${head}: ok, ${seconds.toFixed(0)} s`;
  return [`${head}: RED, evidence in ${folder}`, ...violations.map((text) => `  ${text.slice(0, 1_000)}`)].join("\n");
}

function notPlayed(error: unknown): Verdict {
  return {
    violations: [`could not be played: ${error instanceof Error ? error.message : String(error)}`],
    folder: "",
    seconds: 0,
  };
}

async function inParallel<T>(items: readonly T[], jobs: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
