/** `selftest`: can the suite fail, and only where it must? Prints what went wrong and the score, writes the matrix. */
import { readRunArguments, type RunArguments, UsageError } from "../cli/arguments.js";
import { selectChecks } from "../cli/select.js";
import { CHECKS } from "../checks/index.js";
import type { Check } from "../suite/check.js";
import { MONITORED } from "../suite/monitors.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { shuffle } from "../suite/run.js";
import { ablate, type Ablation } from "./ablation.js";
import { readSelftestFlags, type SelftestFlags } from "./flags.js";
import type { Kill } from "./kill.js";
import { inLanes, type Lane, openingIn, withLanes } from "./lanes.js";
import { writeMatrix } from "./matrix.js";
import type { Mutant } from "./mutant.js";
import { MUTANTS } from "./mutants.js";
import { type Findings, scoreOf } from "./score.js";
import { runSeeds } from "./seeds.js";
import { type Acceptance, type Trying, tryMutant, tryVariant } from "./selftest.js";
import { type Variant, VARIANTS } from "./variants.js";

type Print = (text: string) => void;

interface Session {
  readonly args: RunArguments;
  readonly flags: SelftestFlags;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly print: Print;
}

const COLUMN = 14;

/**
 * Runs it. Mutants alone, variants alone, ablations or seeds alone where only such are named; the selection of run holds for
 * the checks that variants and seeds must pass.
 */
export async function selftestCommand(
  argv: readonly string[],
  folder: string,
  signal: AbortSignal,
  print: Print,
): Promise<ExitCode> {
  const flags = readSelftestFlags(argv);
  const session: Session = { args: readRunArguments(flags.rest, folder), flags, folder, signal, print };
  if (flags.seeds > 0) return end(session, await runSeeds(session));
  if (flags.ablations.length > 0) return end(session, await runAblations(session));
  return end(session, await runAll(session));
}

function end({ signal }: Session, isGood: boolean): ExitCode {
  if (signal.aborted) return EXIT.interrupted;
  return isGood ? EXIT.ok : EXIT.nonConformant;
}

async function runAll(session: Session): Promise<boolean> {
  const { args, flags, folder, signal, print } = session;
  const works = worksOf(flags, args.seed);
  const kills: Kill[] = [];
  const acceptances: Acceptance[] = [];
  const since = performance.now();
  const selected = selectChecks(args);
  await withLanes(args, folder, Math.min(flags.lanes, works.length), signal, async (lanes) => {
    await inLanes(lanes, works, signal, async (work, lane) => {
      const trying = tryingIn(session, lane);
      if (work.kind === "mutant") kills.push(told(await tryMutant(work.mutant, trying), session));
      else acceptances.push(heard(await tryVariant(work.variant, { ...trying, checks: selected }), print));
    });
  });
  const findings = inOrder({ kills, acceptances });
  const score = scoreOf(findings);
  print(`${score.text} in ${Math.round((performance.now() - since) / 1000)} s`);
  writeMatrix(findings, { ...flags, folder: args.reportDir });
  return score.isGood;
}

type Work =
  | { readonly kind: "mutant"; readonly mutant: Mutant }
  | { readonly kind: "variant"; readonly variant: Variant };

/** Variants take longest: they come first. */
function worksOf({ mutants: ids, variants: variantIds, sample }: SelftestFlags, seed: number): readonly Work[] {
  const isAll = ids.length === 0 && variantIds.length === 0;
  const mutants = MUTANTS.filter(({ id, clause }) => isAll || ids.includes(id) || ids.includes(clause));
  const variants = VARIANTS.filter(({ id }) => isAll || variantIds.includes(id) || variantIds.includes("all"));
  if (mutants.length + variants.length === 0) throw new UsageError("--mutant and --variant match nothing");
  return [
    ...sampled(variants, sample, seed).map((variant) => ({ kind: "variant", variant }) as const),
    ...sampled(mutants, sample, seed).map((mutant) => ({ kind: "mutant", mutant }) as const),
  ];
}

function sampled<Item>(items: readonly Item[], of: number, seed: number): readonly Item[] {
  return of === 1 ? items : shuffle(items, seed).slice(0, Math.ceil(items.length / of));
}

async function runAblations(session: Session): Promise<boolean> {
  const { args, flags, folder, signal, print } = session;
  const { ablations, sample } = flags;
  const isAll = ablations.includes("all");
  const named = CHECKS.filter(({ id, clause }) => isAll || ablations.includes(id) || ablations.includes(clause));
  if (named.length === 0) throw new UsageError("--ablation matches no check");
  const checks = sampled(named, sample, args.seed);
  const results: Ablation[] = [];
  await withLanes(args, folder, Math.min(flags.lanes, checks.length), signal, async (lanes) => {
    await inLanes(lanes, checks, signal, async (check, lane) => {
      const result = await ablate(check, MUTANTS, tryingIn(session, lane));
      results.push(result);
      if (result.outcome === "unnoticed" || args.isVerbose)
        print(`${result.outcome.padEnd(COLUMN)} ${check.id} ${result.noticedBy ?? ""}`.trimEnd());
    });
  });
  const applying = results.filter(({ outcome }) => outcome !== "not-applicable");
  const noticed = applying.filter(({ outcome }) => outcome === "noticed");
  print(`ablations noticed ${noticed.length}/${applying.length} (${results.length - applying.length} not applicable)`);
  return applying.length > 0 && noticed.length === applying.length;
}

function tryingIn({ args, flags, folder, signal }: Session, { world, folder: own }: Lane): Trying {
  return {
    upstream: world,
    folder: own,
    signal,
    checks: CHECKS,
    disabled: idsOf(flags.disabled, CHECKS),
    isBroad: flags.isBroad,
    open: openingIn(args, folder, signal),
  };
}

/** Checks, and monitors, by id or clause. */
function idsOf(names: readonly string[], checks: readonly Check[]): ReadonlySet<string> {
  const all = [
    ...checks.map(({ id, clause }) => ({ id: id as string, clause })),
    ...MONITORED.map((clause) => ({ id: `${clause}/monitor`, clause })),
  ];
  return new Set(all.filter(({ id, clause }) => names.includes(id) || names.includes(clause)).map(({ id }) => id));
}

function told(kill: Kill, { args, print }: Session): Kill {
  if (kill.outcome !== "killed" || args.isVerbose)
    print(`${kill.outcome.padEnd(COLUMN)} ${kill.mutant}: ${kill.failed.join("; ") || "no check failed"}`);
  return kill;
}

function heard(acceptance: Acceptance, print: Print): Acceptance {
  const { variant, text, failed } = acceptance;
  for (const line of failed) print(`${"refused".padEnd(COLUMN)} ${variant} ${text}: ${line}`);
  return acceptance;
}

/** As the tables have them, whatever lane was first. */
function inOrder({ kills, acceptances }: Findings): Findings {
  const mutants = MUTANTS.map(({ id }) => id);
  const variants = VARIANTS.map(({ id }) => id);
  return {
    kills: kills.toSorted((one, other) => mutants.indexOf(one.mutant) - mutants.indexOf(other.mutant)),
    acceptances: acceptances.toSorted((one, other) => variants.indexOf(one.variant) - variants.indexOf(other.variant)),
  };
}
