/** `list`: every clause; exactly what a run would do; what it would cost. */
import { CHECKS } from "../checks/index.js";
import { CLAUSES } from "../clauses/registry.js";
import { MUTANTS } from "../selftest/mutants.js";
import type { Check } from "../suite/check.js";
import { MONITORED } from "../suite/monitors.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { whyNot } from "../suite/run.js";
import { type RunArguments, readRunArguments, UsageError } from "./arguments.js";
import type { Context, Print } from "./context.js";
import { printLadder } from "./ladder.js";
import { openWorld } from "./open-world.js";
import { readReport } from "./read-report.js";
import { selectChecks } from "./select.js";
import { takeFlags } from "./words.js";

/** Where no earlier report has figures: most checks ask for one pod. */
const GUESS = { pods: 1, durationMs: 1_500 };

/** Runs it. */
export async function listCommand(argv: readonly string[], context: Context): Promise<ExitCode> {
  if (argv[0] === "--ladder") return printLadder(argv.slice(1), context.print);
  const { switches, values, rest } = takeFlags(argv, { switches: ["expected", "estimate"], values: ["from"] });
  if (switches.size === 0 && rest.length === 0 && values.size === 0) return listClauses(context.print);
  if (switches.size !== 1) throw new UsageError("list: say either --expected or --estimate with the flags of run");
  const args = readRunArguments(rest, context.folder);
  if (switches.has("expected")) return await listExpected(args, context);
  return await estimate(args, values.get("from"), context);
}

function listClauses(print: Print): ExitCode {
  for (const { id, level, observe, text } of CLAUSES) {
    const count = CHECKS.filter(({ clause }) => clause === id).length + (MONITORED.some((each) => each === id) ? 1 : 0);
    const mutants = MUTANTS.filter(({ clause }) => clause === id).length;
    print(`${id.padEnd(11)} ${level.padEnd(6)} ${observe.padEnd(12)} ${count} checks, ${mutants} mutants  ${text}`);
  }
  return EXIT.ok;
}

/** Exactly what a run would do with this provider. */
export async function listExpected(args: RunArguments, context: Context): Promise<ExitCode> {
  const checks = selectChecks(args);
  await using opened = await openWorld(args, context.folder, context.signal);
  for (const check of checks) {
    const reason = whyNot(check.needs, opened.world);
    context.print(reason === undefined ? `run  ${check.id}` : `no   ${check.id}: ${reason}`);
  }
  return EXIT.ok;
}

async function estimate(args: RunArguments, from: string | undefined, context: Context): Promise<ExitCode> {
  const known = new Map((from === undefined ? [] : readReport(from, "--from").results).map((each) => [each.id, each]));
  const checks = selectChecks(args);
  await using opened = await openWorld(args, context.folder, context.signal);
  const applying = checks.filter(({ needs }) => whyNot(needs, opened.world) === undefined);
  const cost = (check: Check) => ({ ...GUESS, ...known.get(check.id) });
  const sum = (list: readonly Check[], figure: "pods" | "durationMs") =>
    list.reduce((total, check) => total + cost(check)[figure], 0);
  const alone = applying.filter(({ isAlone }) => isAlone);
  const beside = applying.filter(({ isAlone }) => !isAlone);
  const ms = (sum(alone, "durationMs") + sum(beside, "durationMs") / args.parallel) * args.repeat;
  const most = applying.map((check) => cost(check).pods).sort((one, two) => two - one);
  const atOnce = most.slice(0, args.parallel).reduce((total, pods) => total + pods, 0);
  context.print(`${applying.length} of ${checks.length} checks apply`);
  context.print(`pods: about ${sum(applying, "pods") * args.repeat}, at most ${atOnce} at once`);
  context.print(`time: about ${Math.ceil(ms / 1000)} s with ${args.parallel} checks at once`);
  context.print(
    from === undefined ? "a guess without an earlier report: --from REPORT makes it better" : `from ${from}`,
  );
  return EXIT.ok;
}
