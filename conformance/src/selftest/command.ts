/** `selftest`: every mutant in front of the given provider; prints the survivors and the score, writes the matrix. */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { escape } from "../report/junit.js";
import { readRunArguments, UsageError } from "../cli/arguments.js";
import { openWorld } from "../cli/open-world.js";
import { CHECKS } from "../checks/index.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { selectChecks } from "../cli/select.js";
import type { World } from "../suite/world.js";
import type { Mutant } from "./mutant.js";
import { MUTANTS } from "./mutants.js";
import { type Acceptance, type Kill, tryMutant, tryVariant, type Trying } from "./selftest.js";
import { type Variant, VARIANTS } from "./variants.js";

/**
 * Runs it. Flags beside those of run: --mutant ID, --variant ID, --disable CHECK, each may repeat. Mutants alone or variants
 * alone where only such are named; the selection of run holds for the checks that variants must pass.
 */
export async function selftestCommand(
  argv: readonly string[],
  folder: string,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<ExitCode> {
  const [ids, afterMutants] = take(argv, "--mutant");
  const [variantIds, more] = take(afterMutants, "--variant");
  const [disabled, rest] = take(more, "--disable");
  const args = readRunArguments(rest, folder);
  const isAll = ids.length === 0 && variantIds.length === 0;
  const mutants = MUTANTS.filter(({ id, clause }) => isAll || ids.includes(id) || ids.includes(clause));
  const variants = VARIANTS.filter(({ id }) => isAll || variantIds.includes(id) || variantIds.includes("all"));
  if (mutants.length + variants.length === 0) throw new UsageError("--mutant and --variant match nothing");
  const checks = CHECKS.filter(({ id, clause }) => !disabled.includes(id) && !disabled.includes(clause));
  await using opened = await openWorld(args, folder, signal);
  const { world } = opened;
  const since = Date.now();
  const found: Findings = { kills: [], acceptances: [] };
  const selected = new Set(selectChecks(args).map(({ id }) => id));
  const accepted = checks.filter(({ id }) => selected.has(id));
  await tryMutants(world, mutants, { folder, signal, checks }, found, args.isVerbose, print);
  await tryVariants(world, variants, { folder, signal, checks: accepted, scale: VARIANT_SCALE }, found, print);
  const score = scoreOf(found);
  print(`${score.text} in ${Math.round((Date.now() - since) / 1000)} s`);
  if (args.reportDir !== undefined) writeMatrix(args.reportDir, found);
  if (signal.aborted) return EXIT.interrupted;
  return score.isGood ? EXIT.ok : EXIT.nonConformant;
}

/** A variant has to pass, so it gets more time than a mutant that is waited for in vain. */
const VARIANT_SCALE = 0.5;

interface Findings {
  readonly kills: Kill[];
  readonly acceptances: Acceptance[];
}

// oxlint-disable-next-line max-params -- a loop of the command above
async function tryMutants(
  world: World,
  mutants: readonly Mutant[],
  trying: Trying,
  { kills }: Findings,
  isVerbose: boolean,
  print: (text: string) => void,
): Promise<void> {
  for (const mutant of mutants) {
    if (trying.signal.aborted) return;
    const kill = await tryMutant(world, mutant, trying);
    kills.push(kill);
    if (kill.outcome !== "killed" || isVerbose)
      print(`${kill.outcome.padEnd(14)} ${kill.mutant}: ${kill.failed.join("; ") || "no check failed"}`);
  }
}

// oxlint-disable-next-line max-params -- a loop of the command above
async function tryVariants(
  world: World,
  variants: readonly Variant[],
  trying: Trying,
  { acceptances }: Findings,
  print: (text: string) => void,
): Promise<void> {
  for (const variant of variants) {
    if (trying.signal.aborted) return;
    const acceptance = await tryVariant(world, variant, trying);
    acceptances.push(acceptance);
    for (const line of acceptance.failed) print(`${"refused".padEnd(14)} ${variant.id} ${variant.text}: ${line}`);
  }
}

/** Good where something was tried, every mutant that applies is killed and every variant passed. */
function scoreOf({ kills, acceptances }: Findings): { readonly text: string; readonly isGood: boolean } {
  const applying = kills.filter(({ outcome }) => outcome !== "not-applicable");
  const killed = applying.filter(({ outcome }) => outcome === "killed").length;
  const passed = acceptances.filter(({ failed }) => failed.length === 0).length;
  const parts = [
    `killed ${killed}/${applying.length} (${kills.length - applying.length} not applicable)`,
    `variants passed ${passed}/${acceptances.length}`,
  ];
  const isGood = killed === applying.length && passed === acceptances.length;
  return { text: parts.join(", "), isGood: isGood && applying.length + acceptances.length > 0 };
}

function take(argv: readonly string[], flag: string): readonly [readonly string[], readonly string[]] {
  const values: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    if (argv[at] === flag) values.push(argv[(at += 1)] ?? "");
    else rest.push(argv[at] ?? "");
  }
  return [values, rest];
}

function writeMatrix(folder: string, { kills, acceptances }: Findings): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, "kills.json"),
    `${JSON.stringify({ schema: "outboard-conformance-kills/v1", kills, variants: acceptances }, undefined, 2)}\n`,
  );
  const rows = kills.map(
    ({ mutant, clause, fault, outcome, failed }) =>
      `<tr><td>${clause}</td><td>${escape(mutant)}<br>${escape(fault)}</td><td>${outcome}</td><td>${failed.map(escape).join("<br>")}</td></tr>`,
  );
  writeFileSync(
    path.join(folder, "kills.html"),
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Kill matrix</title><style>body{font:14px system-ui}td{border-bottom:1px solid #ccc;padding:.3rem;vertical-align:top}</style><table>${rows.join("\n")}</table></html>\n`,
  );
}
