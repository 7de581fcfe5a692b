// The run: per runtime and number of pods, rounds in which each contender has its turn, so that a ratio is of one time.

import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { findTestImages, startRegistry } from "@outboard/runtimes";
import type { RunContext } from "../create-bench.js";
import { podNames } from "../load.js";
import { startAuditedCluster } from "../rig.js";
import { bareTurn } from "./bare.js";
import {
  type Contender,
  machineFigures,
  ratiosOf,
  seriesOf,
  type StartFigures,
  type StartResult,
  type Turn,
} from "./figures.js";
import { type Ground, openGround, type Place } from "./ground.js";
import { roundsOf, type RuntimeName, type StartOptions } from "./options.js";
import { ourTurn } from "./our-turn.js";

/** Enough to have code compiled and connections open. */
const WARM_UP_PODS = 5;

interface Contest {
  readonly contender: Contender;
  readonly turn: (names: readonly string[]) => Promise<Turn>;
}

/** In an enclosure; nothing is left behind. */
export async function runStartBench(options: StartOptions, { report, signal }: RunContext): Promise<StartFigures> {
  const loadBefore = loadavg()[0] ?? 0;
  const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
  const opened: AsyncDisposable[] = [];
  try {
    const { cluster, auditLog } = await startAuditedCluster(folder, opened, { report, signal });
    await using registry = await startRegistry({ store: findTestImages() ?? "" });
    const { cpuProf } = options;
    const place: Place = { cluster, auditLog, registry, folder, signal, ...(cpuProf === undefined ? {} : { cpuProf }) };
    const results: StartResult[] = [];
    for (const name of options.runtimes) results.push(...(await measureRuntime(name, place, { options, report })));
    return { results, machine: machineFigures(cluster.version, loadBefore) };
  } finally {
    for (const part of opened) await part[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Wish {
  readonly options: StartOptions;
  readonly report: (line: string) => void;
}

async function measureRuntime(name: RuntimeName, place: Place, { options, report }: Wish): Promise<StartResult[]> {
  report(`${name}: starting the runtime, the provider and a gateway`);
  await using ground = await openGround(name, place);
  const { version } = ground;
  const contests = contestsOf(ground);
  for (const { contender, turn } of contests) await turn(podNames(`${name}-warm-up-${contender}`, WARM_UP_PODS));
  const results: StartResult[] = [];
  for (const pods of options.pods) {
    const rounds = roundsOf(options, pods);
    report(`${name}: ${rounds} rounds of ${pods} pods`);
    const series = await measureSeries(
      contests,
      (contender, round) => podNames(`${name}-${pods}-${contender}-${round}`, pods),
      rounds,
    );
    results.push({ runtime: name, version, pods, rounds, series, ratios: ratiosOf(series) });
  }
  return results;
}

/** We come last: the runtime is as warm for one as for the other. */
function contestsOf({ bares, node }: Ground): readonly Contest[] {
  const others = bares.map((bare): Contest => ({ contender: bare.contender, turn: (names) => bareTurn(bare, names) }));
  return [...others, { contender: "outboard", turn: (names) => ourTurn(node, names) }];
}

async function measureSeries(
  contests: readonly Contest[],
  namesOf: (contender: Contender, round: number) => readonly string[],
  rounds: number,
): Promise<StartResult["series"]> {
  const turns = new Map<Contender, Turn[]>(contests.map(({ contender }) => [contender, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { contender, turn } of contests) turns.get(contender)?.push(await turn(namesOf(contender, round)));
  }
  return contests.map(({ contender }) => seriesOf(contender, turns.get(contender) ?? []));
}
