/** The binary: one command, one exit code. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { selftestCommand } from "../selftest/command.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { Unreachable } from "../suite/world.js";
import { readRunArguments, UsageError } from "./arguments.js";
import { cleanupCommand } from "./cleanup.js";
import { benchCommand, doctorCommand, explainCommand, listCommand, listExpected } from "./inform.js";
import { baselineCommand, diffCommand, initCommand, reportCommand, reproCommand } from "./reports.js";
import { runCommand } from "./run.js";

const HELP = `outboard-conformance COMMAND
  run       --endpoint unix:///SOCKET | --launch 'COMMAND {endpoint}'  [--kit NAME|FILE] [--profile core|interactive|observability|full]
            [--clause ID] [--area NAME] [--test ID] [--skip ID] [--grep TEXT] [--seed N] [--repeat N] [--bail] [--parallel N]
            [--baseline FILE] [--report-dir FOLDER] [--format ndjson] [-v]
  list      [--expected, with the flags of run]     clauses, or what a run would do
  explain   CLAUSE                                  text, checks, mutants of a clause
  doctor    (flags of run)                          can a run make sense here
  selftest  (flags of run) [--mutant ID]            does the suite see faults: mutants between suite and provider
  bench, cleanup (flags of run)   report convert|verify FILE   diff A B   baseline update|check REPORT FILE   repro REPORT TEST   init`;

const abort = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => abort.abort());
const folder = mkdtempSync(path.join(tmpdir(), "obc-"));
const print = (text: string): void => void process.stdout.write(`${text}\n`);

process.exitCode = await guarded();
rmSync(folder, { recursive: true, force: true });

async function guarded(): Promise<ExitCode> {
  try {
    return await command(process.argv.slice(2));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    if (abort.signal.aborted) return EXIT.interrupted;
    if (error instanceof UsageError) return EXIT.usage;
    return error instanceof Unreachable ? EXIT.unreachable : EXIT.harness;
  }
}

async function command([name = "help", ...rest]: readonly string[]): Promise<ExitCode> {
  const { signal } = abort;
  const read = (argv: readonly string[] = rest) => readRunArguments(argv, folder);
  switch (name) {
    case "run":
      return await runCommand(read(), folder, signal, print);
    case "list":
      if (!rest.includes("--expected")) return listCommand(print);
      return await listExpected(read(rest.filter((flag) => flag !== "--expected")), folder, signal, print);
    case "explain":
      return explainCommand(rest[0], print);
    case "doctor":
      return await doctorCommand(read(), folder, signal, print);
    case "bench":
      return await benchCommand(read(), folder, signal, print);
    case "cleanup":
      return await cleanupCommand(read(), folder, signal, print);
    case "selftest":
      return await selftestCommand(rest, folder, signal, print);
    default:
      return fileCommand(name, rest);
  }
}

function fileCommand(name: string, rest: readonly string[]): ExitCode {
  switch (name) {
    case "report":
      return reportCommand(rest, print);
    case "diff":
      return diffCommand(rest, print);
    case "baseline":
      return baselineCommand(rest, print);
    case "repro":
      return reproCommand(rest, print);
    case "init":
      return initCommand(rest, print);
    case "help":
    case "--help":
      print(HELP);
      return EXIT.ok;
    default:
      throw new UsageError(`there is no command "${name}"\n${HELP}`);
  }
}
