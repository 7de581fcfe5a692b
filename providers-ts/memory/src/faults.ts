/**
 * Ways for the whole provider to misbehave, set by a flag or a watched file {"mode": "hang"}: for tests of gateways.
 * hang: calls are taken and never answered. unavailable: every call fails. flood: every pod is published again and again.
 */
import { readFileSync, watchFile, unwatchFile } from "node:fs";
import { type CallContext, Code, StatusError } from "@outboard/contract";

/** A way to misbehave. */
export type FaultMode = "none" | "hang" | "unavailable" | "flood";

const MODES: readonly string[] = ["none", "hang", "unavailable", "flood"];
const POLL_MS = 200;

/** True for the name of a mode. */
export function isFaultMode(text: unknown): text is FaultMode {
  return typeof text === "string" && MODES.includes(text);
}

/** The present mode. */
export class Faults {
  #mode: FaultMode;
  #changed = Promise.withResolvers<void>();
  readonly #listeners: ((mode: FaultMode) => void)[] = [];

  constructor(mode: FaultMode) {
    this.#mode = mode;
  }

  get mode(): FaultMode {
    return this.#mode;
  }

  /** Calls back now and at each change. */
  onMode(listener: (mode: FaultMode) => void): void {
    this.#listeners.push(listener);
    listener(this.#mode);
  }

  set(mode: FaultMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    for (const listener of this.#listeners) listener(mode);
  }

  /** Follows a file; one that is missing or broken means "none". */
  follow(file: string): Disposable {
    const read = () => this.set(readMode(file));
    watchFile(file, { interval: POLL_MS, persistent: false }, read);
    read();
    return { [Symbol.dispose]: () => unwatchFile(file, read) };
  }

  /** Stands before every call and every streamed answer. */
  async guard({ signal }: CallContext): Promise<void> {
    while (this.#mode === "hang") {
      const gone = Promise.withResolvers<void>();
      const leave = () => gone.resolve();
      signal.addEventListener("abort", leave, { once: true });
      await Promise.race([this.#changed.promise, gone.promise]);
      signal.removeEventListener("abort", leave);
      signal.throwIfAborted();
    }
    if (this.#mode === "unavailable") throw new StatusError(Code.UNAVAILABLE, "the fault mode is unavailable");
  }
}

function readMode(file: string): FaultMode {
  try {
    const { mode } = JSON.parse(readFileSync(file, "utf8")) as { readonly mode?: unknown };
    return isFaultMode(mode) ? mode : "none";
  } catch {
    return "none";
  }
}
