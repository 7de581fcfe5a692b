/** The main program of a provider binary: flags, log, signals and exit codes, the same for every provider. */
import { pino, type Logger } from "pino";
import type { Clock } from "../clock/clock.js";
import { SystemClock } from "../clock/system-clock.js";
import { describeError } from "../errors.js";
import type { PodProvider } from "../provider.js";
import { serve, type ServedProvider, type ServeOptions } from "../serve.js";
import type { Control } from "../testing/control.js";
import { type FlagSpec, readSettings, type Settings, SettingsError } from "./settings.js";

export { type FlagSpec, Settings, SettingsError } from "./settings.js";

/** What a program gives to the maker of its provider. */
export interface ProgramTools {
  readonly log: Logger;
  readonly clock: Clock;
}

/** A provider ready to be served. */
export interface BuiltProvider {
  readonly provider: PodProvider;
  /** Hooks for the conformance suite, served with --testing. AdvanceClock is there without them. */
  readonly control?: Control;
  /** Settings of serve that differ from the defaults. */
  readonly serve?: Pick<ServeOptions, "owner" | "revisions" | "guard">;
}

/** Makes the provider from the settings; throws a SettingsError about what the person must change. */
export type BuildProvider = (settings: Settings, tools: ProgramTools) => BuiltProvider | Promise<BuiltProvider>;

const COMMON_FLAGS: readonly FlagSpec[] = [
  { name: "listen", kind: "text", help: "where to listen: unix:///run/provider.sock or tcp://HOST:PORT (required)" },
  { name: "config", kind: "text", help: "JSON file with the same settings; flags win" },
  { name: "log-level", kind: "text", help: "trace, debug, info, warn, error or fatal (default info)" },
  { name: "tls-cert", kind: "text", help: "certificate for TCP, PEM; read again when it changes" },
  { name: "tls-key", kind: "text", help: "its key" },
  { name: "tls-ca", kind: "text", help: "CA whose clients may connect" },
  { name: "insecure", kind: "switch", help: "TCP without TLS, for everybody who can connect" },
  { name: "testing", kind: "switch", help: "serve the testing service; never in production" },
  { name: "help", kind: "switch", help: "print this" },
];

const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** Longest graceful end, milliseconds. */
const SHUTDOWN_MS = 10_000;

/**
 * Runs a provider binary until SIGTERM or SIGINT, then lets calls finish and ends. Exit codes: 0 a good end, 1 it cannot
 * listen or broke, 2 a wrong flag or file (one line says which). Sets umask 077.
 * @param argv without node and the script: process.argv.slice(2)
 * @param flags those of this provider, beside --listen, --config, --log-level, --insecure, --testing
 */
export async function runProvider(
  name: string,
  build: BuildProvider,
  argv: readonly string[],
  flags: readonly FlagSpec[] = [],
): Promise<void> {
  process.umask(0o077);
  const specs = [...COMMON_FLAGS, ...flags];
  try {
    const settings = readSettings(argv, specs);
    if (settings.isOn("help")) return void process.stdout.write(helpText(name, specs));
    const log = openLog(name, settings);
    endOnUncaught(log);
    await run(settings, build, log);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : "cannot start"}\n`);
    process.exitCode = error instanceof SettingsError ? 2 : 1;
  }
}

async function run(settings: Settings, build: BuildProvider, log: Logger): Promise<void> {
  const listen = settings.text("listen");
  if (listen === undefined) throw new SettingsError("--listen is required");
  const security = securityOf(settings);
  const signalled = untilSignal(); // a signal that comes during the start is not lost
  const clock = new SystemClock();
  const built = await build(settings, { log, clock });
  const served = await serve(built.provider, {
    listen,
    logger: log,
    clock,
    ...security,
    ...built.serve,
    ...(settings.isOn("testing") ? { testing: { ...advance(clock), ...built.control } } : {}),
  });
  const keepAlive = setInterval(() => {}, 2 ** 30);
  const signal = await signalled;
  log.info({ signal }, "provider ends");
  await end(served, log);
  clearInterval(keepAlive);
  // Not left to the empty event loop: on that way the handlers go first, and a signal that comes late would kill.
  process.exit(0);
}

function securityOf(settings: Settings): Pick<ServeOptions, "security"> {
  const files = ["tls-cert", "tls-key", "tls-ca"].map((name) => settings.text(name));
  const [cert, key, ca] = files;
  if (cert !== undefined && key !== undefined && ca !== undefined) {
    return { security: { kind: "mtls", files: { cert, key, ca } } };
  }
  if (files.some((file) => file !== undefined)) {
    throw new SettingsError("--tls-cert, --tls-key and --tls-ca belong together");
  }
  return settings.isOn("insecure") ? { security: { kind: "insecure" } } : {};
}

function advance(clock: SystemClock): Control {
  return {
    advanceClock: async (milliseconds) => {
      clock.advance(milliseconds);
      await new Promise((resolve) => setImmediate(resolve)); // what the timers began goes first
      return new Date(clock.now());
    },
  };
}

/** The first signal counts; the listeners stay, so that a second one does not cut the end short. */
function untilSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve(signal));
  });
}

async function end(served: ServedProvider, log: Logger): Promise<void> {
  const late = setTimeout(() => {
    log.error("provider did not end in time");
    process.exit(1);
  }, SHUTDOWN_MS).unref();
  await served[Symbol.asyncDispose]();
  clearTimeout(late);
}

function openLog(name: string, settings: Settings): Logger {
  const level = settings.text("log-level") ?? "info";
  if (!LEVELS.includes(level)) throw new SettingsError(`--log-level: must be one of ${LEVELS.join(", ")}`);
  return pino({ name, level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}

/** A bug must neither reach the peer nor spill texts that may hold secrets: name and place are logged, then the end. */
function endOnUncaught(log: Logger): void {
  const die = (error: unknown) => {
    log.fatal({ err: describeError(error) }, "uncaught error");
    process.exit(1);
  };
  process.on("uncaughtException", die).on("unhandledRejection", die);
}

function helpText(name: string, specs: readonly FlagSpec[]): string {
  const values = { text: " TEXT", number: " N", switch: "", list: " TEXT ..." } as const;
  const lines = specs.map(({ name: flag, kind, help }) => `  ${`--${flag}${values[kind]}`.padEnd(30)} ${help}`);
  return `Usage: outboard-provider-${name} --listen unix:///SOCKET [flags]\n\n${lines.join("\n")}\n`;
}
