/** `run`: judges a provider, says so, writes reports, and gives the exit code. */
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { capabilityId } from "@outboard/contract";
import type { Report } from "../report/report.js";
import { makeReport, standingOf } from "../report/make.js";
import { type Scrub, scrubber, scrubResult } from "../report/scrub.js";
import { beginLine, endLine, ndjsonLine, RESULTS_FILE, writeReport } from "../report/write.js";
import { readSet, type RequirementSet, scorer } from "../requirements/set.js";
import { applyBaseline, type BaselineEntry, readBaseline } from "../suite/baseline.js";
import type { Check } from "../suite/check.js";
import { EXIT, type ExitCode, exitCodeOf, type Result } from "../suite/outcome.js";
import { runChecks } from "../suite/run.js";
import { MachineLoad } from "../suite/machine-load.js";
import { timeLimit } from "../suite/pause.js";
import { sweep } from "../suite/removal.js";
import type { World } from "../suite/world.js";
import type { RunArguments } from "./arguments.js";
import type { Context, Print } from "./context.js";
import { openWorld } from "./open-world.js";
import { isWhole, selectChecks, unofficialReasons } from "./select.js";
import { summary, tell } from "./tell.js";
import { asUsage } from "./usage-error.js";

/** The last resort, for calls that do not end. */
const SWEEP_LIMIT_MS = 300_000;

/** What a run does, known before the provider is asked. */
interface Plan {
  readonly args: RunArguments;
  readonly checks: readonly Check[];
  readonly set: RequirementSet;
  readonly entries: readonly BaselineEntry[];
}

/** Runs it all. */
export async function runCommand(args: RunArguments, context: Context): Promise<ExitCode> {
  const plan = {
    args,
    checks: selectChecks(args),
    set: asUsage("--requirements", () => readSet(args.requirements)),
    entries: readEntries(args.baseline),
  };
  await using opened = await openWorld(args, context.folder, context.signal);
  using load = new MachineLoad();
  opened.world.load = load;
  const undeclared = expectationProblem(args.expect, opened.world);
  if (undeclared !== undefined) {
    context.print(undeclared);
    return EXIT.nonConformant;
  }
  const report = await judge(plan, opened.world, context);
  const files = args.reportDir === undefined ? [] : writeReport(args.reportDir, report, args.formats);
  const code = exitCodeOf({ ...standingOf(report), isInterrupted: context.signal.aborted });
  context.print(args.isNdjson ? endLine(report, code).trimEnd() : summary(report, files, args));
  return code;
}

async function judge(plan: Plan, world: World, context: Context): Promise<Report> {
  const { args, checks, set, entries } = plan;
  const startedAt = new Date();
  const scrub = scrubber([world.canary, ...Object.values(args.launchEnv)]);
  const told = teller(plan, context.print, scrub);
  const raw = await runRounds(world, plan, context.signal, told);
  await sweep(world, timeLimit(SWEEP_LIMIT_MS));
  const isPart = args.selectors.shard !== undefined; // the other entries are those of other parts
  const own = isPart ? entries.filter((entry) => raw.some(({ id }) => id === entry.id)) : entries;
  const { results, stale } = applyBaseline(raw, own, startedAt.toISOString().slice(0, 10));
  return makeReport({
    world,
    args,
    set,
    checks,
    results,
    stale,
    startedAt,
    unofficial: unofficialReasons(args, set),
    scrub,
  });
}

/** Tells and keeps each result as it comes, so that a suite that is killed leaves what it saw. */
function teller({ args, checks, set }: Plan, print: Print, scrub: Scrub): (result: Result) => Result {
  const score = scorer(set);
  const { reportDir, isNdjson } = args;
  const begin = beginLine(checks.length, args.seed, set.set);
  const file = reportDir === undefined ? undefined : path.join(reportDir, RESULTS_FILE);
  if (reportDir !== undefined && file !== undefined) {
    mkdirSync(reportDir, { recursive: true });
    rmSync(file, { force: true });
    appendFileSync(file, begin);
  }
  if (isNdjson) print(begin.trimEnd());
  return (raw) => {
    const kept = raw.outcome === "pass" ? { ...raw, trace: [] } : raw;
    const result = scrubResult(score(kept), scrub);
    const line = ndjsonLine(result);
    if (file !== undefined) appendFileSync(file, line);
    if (isNdjson) print(line.trimEnd());
    else tell(result, args.isVerbose, print);
    return result;
  };
}

async function runRounds(
  world: World,
  { args, checks }: Plan,
  signal: AbortSignal,
  told: (result: Result) => Result,
): Promise<readonly Result[]> {
  let merged: readonly Result[] = [];
  for (let round = 0; round < args.repeat && !signal.aborted; round += 1) {
    const seen: Result[] = [];
    const plan = {
      checks,
      parallel: args.parallel,
      seed: args.seed + round,
      bail: args.bail,
      isWhole: isWhole(args),
      onResult: (result: Result) => void seen.push(told(result)),
    };
    await runChecks(world, plan, signal);
    merged = mergeRounds(merged, seen);
    if (args.isUntilFail && merged.some(({ outcome }) => outcome === "fail" || outcome === "flaky")) break;
  }
  return merged;
}

/** Both outcomes over several rounds are flaky. */
export function mergeRounds(before: readonly Result[], now: readonly Result[]): readonly Result[] {
  const byId = new Map(before.map((result) => [result.id, result]));
  return now.map((result) => {
    const earlier = byId.get(result.id);
    if (earlier === undefined || earlier.outcome === result.outcome)
      return earlier?.outcome === "fail" ? earlier : result;
    const failed = earlier.outcome === "fail" || earlier.outcome === "flaky" ? earlier : result;
    return failed.outcome === "fail" ? { ...failed, outcome: "flaky" } : failed;
  });
}

function readEntries(file: string | undefined): readonly BaselineEntry[] {
  return file === undefined ? [] : asUsage(`--baseline: ${file}`, () => readBaseline(file));
}

function expectationProblem(expect: readonly string[], { hello }: World): string | undefined {
  if (expect.length === 0) return undefined;
  const declared: readonly string[] = hello.capabilities.flatMap((number) => capabilityId(number) ?? []);
  const missing = expect.filter((id) => !declared.includes(id));
  const more = declared.filter((id) => !expect.includes(id));
  if (missing.length + more.length === 0) return undefined;
  return [
    ...missing.map((id) => `capabilities.expect: ${id} is not declared`),
    ...more.map((id) => `capabilities.expect: ${id} is declared and not expected`),
  ].join("\n");
}
