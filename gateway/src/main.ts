/** The process: arguments, signals, exit codes. 0: ended as asked; 1: failed; 2: bad configuration; 3: another gateway or provider forbids to go on. */
import { pino } from "pino";
import { help } from "./config/help.js";
import { ConfigError, readConfiguration } from "./config/read.js";
import { GATEWAY_SETTINGS, INSPECT_SETTINGS, STANDALONE_SETTINGS } from "./config/settings.js";
import { SessionEndedError } from "./control/session-ended.js";
import { VERSION } from "./version.js";

type Command = (argv: readonly string[], signal: AbortSignal) => Promise<void>;

/** Each loads only what it needs: a gateway is resident for long. */
const COMMANDS: Readonly<Record<string, Command>> = {
  gateway: async (argv, signal) => {
    const config = readConfiguration(GATEWAY_SETTINGS, { argv, env: process.env });
    const { runGateway } = await import("./compose/gateway.js");
    await runGateway(config, pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true })), signal);
  },
  standalone: async (argv, signal) => {
    const config = readConfiguration(STANDALONE_SETTINGS, { argv, env: process.env });
    const logger = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));
    const { runStandalone } = await import("./compose/standalone.js");
    await runStandalone(config, logger, (line) => process.stdout.write(`${line}\n`), signal);
  },
  inspect: async (argv, signal) => {
    const long = argv.map((word) => (word === "-o" ? "--output" : word));
    const config = readConfiguration(INSPECT_SETTINGS, { argv: long, env: process.env });
    const { inspect } = await import("./inspect/inspect.js");
    process.stdout.write(`${await inspect(config, signal)}\n`);
  },
};

/** Time that a clean end may take, milliseconds; then the process goes anyway. */
const LONGEST_SHUTDOWN_MS = 10_000;

async function main([word = "", ...argv]: readonly string[]): Promise<number> {
  const command = COMMANDS[word];
  if (word === "--version") return say(VERSION, 0);
  if (command === undefined || argv.includes("--help"))
    return say(help(word), word === "--help" || command !== undefined ? 0 : 2);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort(new Error(signal)));
  stop.signal.addEventListener("abort", () => setTimeout(() => giveUp(word), LONGEST_SHUTDOWN_MS).unref());
  process.stdout.on("error", () => stop.abort(new Error("nobody reads the output any more")));
  try {
    await command(argv, stop.signal);
    return 0;
  } catch (error) {
    return fail(word, error);
  }
}

function giveUp(word: string): never {
  process.stderr.write(`outboard ${word}: did not end within ${LONGEST_SHUTDOWN_MS / 1000} s\n`);
  process.exit(1);
}

function fail(word: string, error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`outboard ${word}: ${problem}\n`);
    return 2;
  }
  process.stderr.write(`outboard ${word}: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof SessionEndedError ? 3 : 1;
}

function say(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  return code;
}

process.exit(await main(process.argv.slice(2)));
