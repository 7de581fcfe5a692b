/** The provider as a process of the suite's own: started, watched, killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const TAIL_BYTES = 16 * 1024;

/** A launched provider. */
export class ProviderProcess {
  readonly #argv: readonly string[];
  #child: ChildProcess | undefined;
  #tail = "";
  #end: string | undefined;
  #isExpected = false;

  /** @param argv program and arguments, endpoint included */
  constructor(argv: readonly string[]) {
    this.#argv = argv;
  }

  /** Starts it; readiness is the caller's to find out. */
  start(): void {
    const [program, ...args] = this.#argv;
    if (program === undefined) throw new Error("--launch: the command is empty");
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#end = undefined;
    this.#isExpected = false;
    this.#child = child;
    const keep = (data: Buffer) => {
      this.#tail = (this.#tail + data.toString("utf8")).slice(-TAIL_BYTES);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", (error) => {
      this.#end = `could not be started: ${error.message}`;
    });
    child.once("exit", (code, signal) => {
      this.#end ??= signal === null ? `ended with code ${code}` : `ended by ${signal}`;
    });
  }

  /** How it ended, unless it was killed on purpose; undefined while it runs. */
  get death(): string | undefined {
    return this.#isExpected ? undefined : this.#end;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Last output. */
  get tail(): string {
    return this.#tail;
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
      if (this.#end === undefined) child.kill("SIGKILL");
    }
  }
}

/** Splits a command line at blanks; single and double quotes hold parts together. */
export function splitCommand(text: string): readonly string[] {
  const parts = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return parts.map((part) =>
    part.replace(/"([^"]*)"|'([^']*)'/g, (_all, double?: string, single?: string) => double ?? single ?? ""),
  );
}
