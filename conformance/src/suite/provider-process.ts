/** The provider as a process of the suite's own: started, watched, killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const TAIL_BYTES = 16 * 1024;
const SHOWN_CHARACTERS = 1_000;
/** What a process wrote just before its end may come after the end. */
const LAST_OUTPUT_MS = 200;

/** A launched provider. */
export class ProviderProcess {
  readonly #argv: readonly string[];
  #child: ChildProcess | undefined;
  #tail = "";
  #end: string | undefined;
  #isExpected = false;
  #lost = new AbortController();

  readonly #env: Readonly<Record<string, string>>;

  /**
   * @param argv program and arguments, endpoint included
   * @param env variables beside the suite's own
   */
  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#argv = argv;
    this.#env = env;
  }

  /** Starts it; readiness is the caller's to find out. */
  start(): void {
    const [program, ...args] = this.#argv;
    if (program === undefined) throw new Error("--launch: the command is empty");
    // a group of its own: Ctrl-C reaches the suite alone, which cleans up before it ends the provider
    const env = { ...process.env, ...this.#env };
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
    killAtExit(child);
    this.#end = undefined;
    this.#tail = "";
    this.#isExpected = false;
    this.#lost = new AbortController();
    this.#child = child;
    const keep = (data: Buffer) => {
      this.#tail = (this.#tail + data.toString("utf8")).slice(-TAIL_BYTES);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", (error) => {
      this.#over(`could not be started: ${error.message}`);
    });
    child.once("exit", (code, signal) => {
      const end = signal === null ? `ended with code ${code}` : `ended by ${signal}`;
      const finish = (): void => {
        for (const pipe of [child.stdout, child.stderr]) pipe?.destroy(); // a child it left behind may hold them
        if (this.#child === child) this.#over(end);
      };
      const timer = setTimeout(finish, LAST_OUTPUT_MS);
      child.once("close", () => {
        clearTimeout(timer);
        finish();
      });
    });
  }

  /** Aborted, with the sentence of how and with what last output, once the process ended and nobody had asked it to. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Sends a signal and waits for the end. @throws Error when it does not end in time. */
  async end(signal: NodeJS.Signals, limitMs: number): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#end !== undefined) return;
    this.#isExpected = true;
    const exited = once(child, "exit");
    child.kill(signal);
    const over = Promise.withResolvers<never>();
    const timer = setTimeout(() => over.reject(new Error(`the provider outlived ${signal} by ${limitMs} ms`)), limitMs);
    try {
      await Promise.race([exited, over.promise]);
    } finally {
      clearTimeout(timer);
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    }
    this.#end ??= `ended by ${signal}`;
  }

  /** Kills what is left of its group. */
  killRest(): void {
    if (this.#child !== undefined) killGroup(this.#child);
  }

  #over(end: string): void {
    this.#end ??= end;
    if (this.#isExpected) return;
    const last =
      this.#tail.trim() === ""
        ? "it had said nothing"
        : `its last output: ${this.#tail.trim().slice(-SHOWN_CHARACTERS)}`;
    this.#lost.abort(new Error(`the provider ${this.#end}; ${last}`));
  }
}

/** A suite that ends at once takes its provider along. */
function killAtExit(child: ChildProcess): void {
  const kill = (): void => killGroup(child);
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // the group is empty
  }
}

/** Splits a command line at blanks; single and double quotes hold parts together. */
export function splitCommand(text: string): readonly string[] {
  const parts = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return parts.map((part) =>
    part.replace(/"([^"]*)"|'([^']*)'/g, (_all, double?: string, single?: string) => double ?? single ?? ""),
  );
}
