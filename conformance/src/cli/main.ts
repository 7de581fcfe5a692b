/** The binary: one command, one exit code. The first interrupt ends it in order, the second at once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { Unreachable } from "../suite/world.js";
import { UsageError } from "./arguments.js";
import { COMMANDS } from "./commands.js";
import { commandHelp, programHelp } from "./help.js";
import { didYouMean } from "./nearest.js";

const abort = new AbortController();
const folder = mkdtempSync(path.join(tmpdir(), "obc-"));
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

// a reader that went away (list | head) is no fault of the suite
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) =>
  process.exit(code === "EPIPE" ? EXIT.ok : EXIT.harness),
);
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, interrupted);

process.exitCode = await guarded(process.argv.slice(2));

function interrupted(): void {
  if (abort.signal.aborted) process.exit(EXIT.interrupted); // the launched provider goes with it
  say("interrupted: cleaning up; once more ends at once");
  abort.abort();
}

async function guarded(argv: readonly string[]): Promise<ExitCode> {
  try {
    return await command(argv);
  } catch (error) {
    if (abort.signal.aborted) return EXIT.interrupted;
    say(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) return EXIT.usage;
    return error instanceof Unreachable ? EXIT.unreachable : EXIT.harness;
  }
}

async function command([name = "help", ...rest]: readonly string[]): Promise<ExitCode> {
  if (["help", "--help", "-h"].includes(name)) {
    print(programHelp(COMMANDS));
    return EXIT.ok;
  }
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found === undefined) {
    throw new UsageError(`there is no command "${name}"${didYouMean(name, Object.keys(COMMANDS))} (see --help)`);
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    print(commandHelp(found));
    return EXIT.ok;
  }
  return await found.run(rest, { folder, signal: abort.signal, print });
}
