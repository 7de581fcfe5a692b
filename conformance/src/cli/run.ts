/** `run`: judges a provider, says so, writes reports, and gives the exit code. */
import { capabilityId, featureId, FeatureLevel } from "@outboard/contract";
import { clauseOf } from "../clauses/registry.js";
import {
  countOutcomes,
  idsDigest,
  REPORT_SCHEMA,
  registryDigest,
  type ProviderFacts,
  type Report,
} from "../report/report.js";
import { ndjsonLine, writeReport } from "../report/write.js";
import { applyBaseline, readBaseline } from "../suite/baseline.js";
import type { Check } from "../suite/check.js";
import { type ExitCode, exitCodeOf, type Result, verdictOf } from "../suite/outcome.js";
import { runChecks } from "../suite/run.js";
import type { World } from "../suite/world.js";
import type { RunArguments } from "./arguments.js";
import { openWorld } from "./open-world.js";
import { isFiltered, selectChecks } from "./select.js";

/** Where text goes. */
export type Print = (text: string) => void;

/** Runs it all. */
export async function runCommand(
  args: RunArguments,
  folder: string,
  signal: AbortSignal,
  print: Print,
): Promise<ExitCode> {
  const checks = selectChecks(args);
  const entries = args.baseline === undefined ? [] : readBaseline(args.baseline);
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const startedAt = new Date();
  const raw = await runAll(world, args, checks, signal, print);
  const baselined = applyBaseline(raw, entries, startedAt.toISOString().slice(0, 10));
  const report = toReport(world, args, checks, baselined.results, baselined.stale, startedAt);
  const files = args.reportDir === undefined ? [] : writeReport(args.reportDir, report, args.formats);
  if (!args.isNdjson) print(summary(report, files));
  return exitCodeOf({ ...report, isInterrupted: signal.aborted });
}

// oxlint-disable-next-line max-params -- one run has these five parts
async function runAll(
  world: World,
  args: RunArguments,
  checks: readonly Check[],
  signal: AbortSignal,
  print: Print,
): Promise<readonly Result[]> {
  let merged: readonly Result[] = [];
  for (let round = 0; round < Math.max(1, args.repeat); round += 1) {
    const plan = {
      checks,
      parallel: args.parallel,
      seed: args.seed + round,
      bail: args.bail,
      isWhole: args.profile === "full" && !isFiltered(args.selectors),
      onResult: (result: Result) => tell(result, args, print),
    };
    merged = mergeRounds(merged, await runChecks(world, plan, signal));
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

function tell(result: Result, args: RunArguments, print: Print): void {
  if (args.isNdjson) {
    print(ndjsonLine(result).trimEnd());
    return;
  }
  const isQuiet = ["pass", "not-applicable"].includes(result.outcome);
  if (isQuiet && !args.isVerbose) return;
  const code = result.code === "" ? "" : ` (${result.code})`;
  print(`${result.outcome.padEnd(14)} ${result.id}${code} ${result.message.split("\n")[0] ?? ""}`.trimEnd());
  if (result.outcome === "fail") print(`${" ".repeat(15)}${result.clause}: ${clauseOf(result.clause)?.text ?? ""}`);
}

// oxlint-disable-next-line max-params -- a report has these six sources
function toReport(
  world: World,
  args: RunArguments,
  checks: readonly Check[],
  results: readonly Result[],
  stale: readonly string[],
  startedAt: Date,
): Report {
  const expected = checks.map(({ id }) => id).sort();
  const unofficial = [
    ...(isFiltered(args.selectors) ? ["only some checks were selected"] : []),
    ...(args.scale === 1 ? [] : [`waits were scaled by ${args.scale}`]),
    ...(args.baseline === undefined ? [] : ["a baseline was used"]),
  ];
  return {
    schema: REPORT_SCHEMA,
    tool: { name: "outboard-conformance", version: "0.1.0" },
    registryDigest: registryDigest(),
    expectedDigest: idsDigest(expected),
    expected,
    profile: args.profile,
    kit: world.kit.name,
    seed: args.seed,
    scale: args.scale,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    provider: factsOf(world),
    verdict: verdictOf(results, expected),
    isOfficial: unofficial.length === 0,
    unofficial,
    counts: countOutcomes(results),
    leaks: [...world.leaks],
    staleBaseline: stale,
    results: [...results].sort((one, two) => one.id.localeCompare(two.id)),
  };
}

function factsOf({ hello }: World): ProviderFacts {
  const levels = new Map<number, string>(Object.entries(FeatureLevel).map(([name, value]) => [value, name]));
  return {
    name: hello.providerName,
    version: hello.providerVersion,
    revision: hello.revision,
    capabilities: hello.capabilities.flatMap((number) => capabilityId(number) ?? []),
    features: hello.features.map(({ feature, level }) => ({
      id: featureId(feature) ?? String(feature),
      level: levels.get(level) ?? "",
    })),
  };
}

function summary(
  { verdict, counts, provider, expected, results, durationMs, leaks, staleBaseline, isOfficial }: Report,
  files: readonly string[],
): string {
  const listed = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  const tight = results.filter(({ used, outcome }) => outcome === "pass" && used > 0.8);
  return [
    `${provider.name} ${provider.version}: ${verdict}${isOfficial ? "" : " (not official)"}`,
    `${listed.join(", ")} · ${expected.length} checks expected · ${(durationMs / 1000).toFixed(1)} s`,
    ...tight.map(({ id, used }) => `tight: ${id} used ${Math.round(used * 100)} % of its time`),
    ...leaks.map((uid) => `left behind: pod ${uid}`),
    ...staleBaseline.map((line) => `baseline: ${line}`),
    ...files.map((file) => `wrote ${file}`),
  ].join("\n");
}
