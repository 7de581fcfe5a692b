/** Makes the report of a run that ended. */
import { capabilityId, featureId, FeatureLevel } from "@outboard/contract";
import type { RunArguments } from "../cli/arguments.js";
import type { RequirementSet } from "../requirements/set.js";
import type { Check } from "../suite/check.js";
import { type Result, type Standing, verdictOf } from "../suite/outcome.js";
import type { World } from "../suite/world.js";
import {
  countOutcomes,
  environmentFacts,
  idsDigest,
  type ProviderFacts,
  REPORT_SCHEMA,
  registryDigest,
  type Report,
  toolFacts,
} from "./report.js";
import type { Scrub } from "./scrub.js";

/** What a report is made of. */
export interface Ingredients {
  readonly world: World;
  readonly args: RunArguments;
  readonly set: RequirementSet;
  readonly checks: readonly Check[];
  /** Scored, baselined, without secrets. */
  readonly results: readonly Result[];
  readonly stale: readonly string[];
  readonly startedAt: Date;
  readonly unofficial: readonly string[];
  readonly scrub: Scrub;
}

/** Makes it. */
export function makeReport(from: Ingredients): Report {
  const { world, args, set, checks, results, startedAt, unofficial } = from;
  const expected = checks.map(({ id }) => id).sort();
  const { shard } = args.selectors;
  const durationMs = Date.now() - startedAt.getTime();
  const load = world.load.factorSince(performance.now() - durationMs);
  return {
    schema: REPORT_SCHEMA,
    tool: toolFacts(),
    registryDigest: registryDigest(),
    expectedDigest: idsDigest(expected),
    expected,
    requirements: { set: set.set, digest: set.digest },
    profile: args.profile,
    level: args.isStrict ? "strict" : "must",
    shard: shard === undefined ? null : `${shard.index}/${shard.of}`,
    kit: world.kit.name,
    seed: args.seed,
    scale: args.scale,
    environment: environmentFacts(args.launch, load),
    startedAt: startedAt.toISOString(),
    durationMs,
    provider: factsOf(world, from.scrub),
    verdict: verdictOf(results, expected),
    isOfficial: unofficial.length === 0,
    unofficial,
    counts: countOutcomes(results),
    leaks: world.leaks.map((leak) => ({ ...leak, message: from.scrub(leak.message) })),
    staleBaseline: from.stale,
    results: [...results].sort((one, two) => one.id.localeCompare(two.id)),
  };
}

/** What the exit code follows from. */
export function standingOf({ verdict, results, staleBaseline, leaks, level }: Report): Standing {
  return { verdict, results, staleBaseline, leaks, isInterrupted: false, isStrict: level === "strict" };
}

function factsOf({ hello }: World, scrub: Scrub): ProviderFacts {
  const levels = new Map<number, string>(Object.entries(FeatureLevel).map(([name, value]) => [value, name]));
  return {
    name: scrub(hello.providerName),
    version: scrub(hello.providerVersion),
    revision: hello.revision,
    capabilities: hello.capabilities.flatMap((number) => capabilityId(number) ?? []),
    features: hello.features.map(({ feature, level }) => ({
      id: featureId(feature) ?? String(feature),
      level: levels.get(level) ?? "",
    })),
  };
}
