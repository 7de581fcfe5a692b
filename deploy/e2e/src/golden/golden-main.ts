// `npm run e2e -- golden`: plays recorded cases against the gateway with the cri provider, or against any node, and compares.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ensureComponents } from "@outboard/devcluster";
import { ensureRuntimes, isEnclosed, runEnclosed } from "@outboard/runtimes";
import { compareCases } from "./compare.js";
import { growExpected, lostIn, readExpected } from "./expected.js";
import { connectKube } from "./kube.js";
import { observe } from "./observer.js";
import { type GoldenOptions, readGoldenOptions } from "./options.js";
import { playAll } from "./play-all.js";
import { casesIn } from "./recording.js";
import { type CaseOutcome, caseLines, isAllEqual, type Outcomes, totalsLine } from "./report.js";
import { startRig } from "./rig.js";

const BUILD_TIMEOUT_MS = 60 * 60_000;
/** How often what is lost is played again, alone. */
const MORE_PLAYS = 2;

const argv = process.argv.slice(2);
process.exitCode = await start(readGoldenOptions(argv));

/** What we start ourselves lives in an enclosure, and vanishes with it. */
async function start(options: GoldenOptions): Promise<number> {
  if (options.target.kind !== "own" || isEnclosed()) return main(options);
  const signal = AbortSignal.timeout(BUILD_TIMEOUT_MS);
  await ensureComponents({ signal, report: tell });
  await ensureRuntimes(["containerd-v2", "images"], { signal, report: tell });
  return (await runEnclosed(process.execPath, [import.meta.filename, ...argv])).code;
}

async function main(options: GoldenOptions): Promise<number> {
  const { names } = options;
  mkdirSync(options.out, { recursive: true });
  const outcomes = options.target.kind === "compare" ? compareAll(options, names) : await playThem(options, names);
  console.log(totalsLine(outcomes));
  if (options.isGrowing) growExpected(outcomes);
  if (!options.isExpected) return isAllEqual(outcomes) ? 0 : 1;
  const lost = lostIn(readExpected(), outcomes);
  for (const [name, what] of lost) console.log(`lost: ${name}: ${what.join(", ")}`);
  return lost.size === 0 ? 0 : 1;
}

function compareAll(options: GoldenOptions, names: readonly string[]): Outcomes {
  const observed = new Set(casesIn(options.out));
  const outcomes = new Map(names.map((name) => [name, compareOne(options, name, observed)]));
  for (const [name, outcome] of outcomes) show(options, name, outcome);
  return outcomes;
}

function compareOne({ cases, out }: GoldenOptions, name: string, observed: ReadonlySet<string>): CaseOutcome {
  if (!observed.has(name)) return { kind: "missing", why: `not in ${out}` };
  return { kind: "compared", comparison: compareCases(join(cases, name), join(out, name)) };
}

async function playThem(options: GoldenOptions, names: readonly string[]): Promise<Outcomes> {
  await using stack = new AsyncDisposableStack();
  const node = await nodeFor(options, stack);
  const kube = stack.use(connectKube(node.kubeconfig));
  const stop = new AbortController();
  stack.defer(() => stop.abort());
  process.once("SIGTERM", () => stop.abort(new Error("ended by a signal")));
  const { signal } = stop;
  const stage = {
    kube,
    observer: await observe(kube, signal),
    nodeName: node.nodeName,
    cases: options.cases,
    out: resolve(options.out),
    signal,
    ...(node.staticFolder === undefined ? {} : { staticFolder: node.staticFolder }),
  };
  const onOutcome = (name: string, outcome: CaseOutcome): void => show(options, name, outcome);
  const outcomes = await playAll({ stage, names, jobs: options.jobs, onOutcome });
  if (!options.isExpected) return outcomes;
  return await playAgain(outcomes, (lost) => playAll({ stage, names: lost, jobs: 1, onOutcome }));
}

/** A moment passes, a difference stays. Each loss is told. */
async function playAgain(first: Outcomes, play: (names: readonly string[]) => Promise<Outcomes>): Promise<Outcomes> {
  let outcomes = first;
  for (let more = 0; more < MORE_PLAYS; more += 1) {
    const lost = lostIn(readExpected(), outcomes);
    if (lost.size === 0) break;
    for (const [name, what] of lost) console.log(`again: ${name}: ${what.join(", ")}`);
    outcomes = new Map([...outcomes, ...(await play([...lost.keys()]))]);
  }
  return outcomes;
}

interface NodeAtHand {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly staticFolder?: string | undefined;
}

async function nodeFor(options: GoldenOptions, stack: AsyncDisposableStack): Promise<NodeAtHand> {
  if (options.target.kind === "given") return options.target;
  return stack.use(await startRig({ logs: join(options.out, "logs"), report: tell }));
}

function tell(line: string): void {
  console.error(`golden: ${line}`);
}

function show({ isVerbose }: GoldenOptions, name: string, outcome: CaseOutcome): void {
  for (const line of caseLines(name, outcome, { isVerbose })) console.log(line);
}
