/** Our programs as processes of their own, as a user starts them. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { eventually } from "./eventually.js";

const REPOSITORY = path.join(import.meta.dirname, "..", "..", "..");

/** Binaries by what they are. */
export const BINARIES: { readonly outboard: string; readonly memory: string } = {
  outboard: path.join(REPOSITORY, "gateway", "bin", "outboard.mjs"),
  memory: path.join(REPOSITORY, "providers-ts", "memory", "bin", "outboard-provider-memory.mjs"),
};

/** A process; killed when disposed of. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | NodeJS.Signals>;
  stdout = "";
  stderr = "";

  constructor(binary: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [binary, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], ...env },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.#exited = new Promise((resolve) => {
      this.#child.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get lines(): readonly string[] {
    return this.stdout.split("\n").filter((line) => line !== "");
  }

  get errorLines(): readonly string[] {
    return this.stderr.split("\n").filter((line) => line !== "");
  }

  /** Resolves with the exit code, or the signal that killed it, once all output is there. */
  exit(): Promise<number | NodeJS.Signals> {
    return this.#exited;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return await this.#exited;
  }

  /** Waits for the condition; the program's own words say what went wrong if it never holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    await eventually(condition, what, 15_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.stdout}\n${this.stderr}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
