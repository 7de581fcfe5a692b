/** Every command: what it is called, what it takes, what it does. */
import { selftestCommand } from "../selftest/command.js";
import type { ExitCode } from "../suite/outcome.js";
import { type RunArguments, readRunArguments } from "./arguments.js";
import { baselineCommand } from "./baseline.js";
import { benchCommand } from "./bench.js";
import { cleanupCommand } from "./cleanup.js";
import type { Context } from "./context.js";
import { diffCommand } from "./diff.js";
import { doctorCommand } from "./doctor.js";
import { explainCommand } from "./explain.js";
import type { FlagGroup } from "./flags.js";
import { initCommand } from "./init.js";
import { listCommand, listExpected } from "./list.js";
import { reportCommand } from "./reports.js";
import { reproCommand } from "./repro.js";
import { runCommand } from "./run.js";

/** One command. */
export interface Command {
  readonly usage: string;
  readonly text: string;
  /** Lines of its own for --help. */
  readonly more?: readonly string[];
  /** Flags of the table that it takes. */
  readonly groups: readonly FlagGroup[];
  readonly run: (argv: readonly string[], context: Context) => Promise<ExitCode> | ExitCode;
}

const TARGET: readonly FlagGroup[] = ["target"];
const CHECKS: readonly FlagGroup[] = ["target", "select"];
const ALL: readonly FlagGroup[] = ["target", "select", "run", "report"];

/** Commands by name, in the order of --help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    usage: "run (--endpoint ADDRESS | --launch COMMAND) [FLAGS]",
    text: "Judges a provider.",
    groups: ALL,
    run: async (argv, context) => await runOrList(readRunArguments(argv, context.folder), context),
  },
  list: {
    usage: "list [--expected | --estimate [--from REPORT]] [FLAGS] | list --ladder [REPORT | MATRIX]...",
    text: "Clauses with their checks; what a run would do; what it would cost.",
    more: [
      "--expected  each check that a run with these flags would make, and why the rest would not be",
      "--estimate  pods, time and pods at once of such a run; --from takes the figures of an earlier report",
      "--ladder    how far the clauses are proven, by these report.json and kills.json files",
    ],
    groups: CHECKS,
    run: listCommand,
  },
  explain: {
    usage: "explain CLAUSE | explain --all [--markdown]",
    text: "Text, level, checks and mutants of a clause.",
    groups: [],
    run: explainCommand,
  },
  doctor: {
    usage: "doctor (--endpoint ADDRESS | --launch COMMAND) [FLAGS]",
    text: "Says whether a run makes sense here: reachable, ready, clock, each behaviour of the kit. No verdict.",
    groups: CHECKS,
    run: async (argv, context) => await doctorCommand(readRunArguments(argv, context.folder, CHECKS), context),
  },
  init: {
    usage: "init [FOLDER] [--endpoint ADDRESS | --launch COMMAND] [FLAGS]",
    text: "Writes a configuration file, an empty baseline and a CI step; asks the provider what it declares.",
    groups: TARGET,
    run: initCommand,
  },
  repro: {
    usage: "repro REPORT TEST",
    text: "The calls that led to one failure, as grpcurl lines, for authors without Node.",
    groups: [],
    run: reproCommand,
  },
  baseline: {
    usage: "baseline update REPORT FILE | baseline check REPORT FILE",
    text: "Writes the known failures of a whole run, keeping the reasons that are there, or checks them.",
    groups: [],
    run: baselineCommand,
  },
  report: {
    usage: "report convert REPORT [FORMAT | FOLDER] | report merge FOLDER REPORT... | report verify REPORT",
    text: "Other formats of a report; one report of all parts (--shard); whether a report was edited.",
    groups: [],
    run: reportCommand,
  },
  diff: {
    usage: "diff REPORT REPORT | diff SET SET [--against REPORT]",
    text: "What differs between two reports, or between two requirement sets and what a provider is to expect of that.",
    groups: [],
    run: diffCommand,
  },
  selftest: {
    usage: "selftest (--endpoint ADDRESS | --launch COMMAND) [--mutant ID] [--variant ID] [FLAGS]",
    text: "Puts one fault at a time between suite and provider, or into it: does the suite see it here?",
    more: [
      "--mutant ID     this fault, or those of this clause; may repeat",
      "--variant ID    this allowed difference, or all; may repeat",
      "--disable ID    without this check, or the checks of this clause; may repeat",
      "--ablation ID   leaves out each check of this id or clause, or all, one at a time: a mutant must survive then",
      "--seeds N       judges the provider as it is with N seeds: nothing may be red",
      "--sample N      one of N, chosen by --seed",
      "--all-checks    every check on each mutant, for the whole matrix; takes long",
      "--lanes N       providers side by side (default 3)",
      "--json FILE, --html FILE   the kill matrix",
    ],
    groups: ALL,
    run: async (argv, { folder, signal, print }) => await selftestCommand(argv, folder, signal, print),
  },
  bench: {
    usage: "bench (--endpoint ADDRESS | --launch COMMAND) [FLAGS]",
    text: "Latencies of calls as JSON; no part of any verdict.",
    groups: TARGET,
    run: async (argv, context) => await benchCommand(readRunArguments(argv, context.folder, TARGET), context),
  },
  cleanup: {
    usage: "cleanup (--endpoint ADDRESS | --launch COMMAND) [FLAGS]",
    text: "Ends and releases every pod that runs of the suite left behind.",
    groups: TARGET,
    run: async (argv, context) => await cleanupCommand(readRunArguments(argv, context.folder, TARGET), context),
  },
};

async function runOrList(args: RunArguments, context: Context): Promise<ExitCode> {
  if (args.config !== undefined) {
    context.print(args.config.join("\n"));
    return 0;
  }
  return args.isDryRun ? await listExpected(args, context) : await runCommand(args, context);
}
