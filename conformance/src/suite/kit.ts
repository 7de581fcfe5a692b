/**
 * The workload kit: how a platform gets each behaviour that the checks need. A kit is a JSON file; every text in it may
 * hold {names} that the check fills in. A behaviour that a kit does not have makes its checks not testable.
 */
import { readFileSync } from "node:fs";
import { NotTestable } from "./failure.js";

/** Behaviour of a container. */
export type Behaviour =
  | "pause"
  | "exit"
  | "print"
  | "print-exit"
  | "tick"
  | "unique-line"
  | "crash"
  | "trap-term"
  | "ignore-term"
  | "stdin-echo"
  | "tcp-echo"
  | "bad-image"
  | "other-image"
  | "silent"
  | "shell"
  | "args"
  | "http"
  | "grpc";

/** Command to run by exec. */
export type Command =
  | "echo"
  | "stderr"
  | "cat"
  | "cat-file"
  | "env"
  | "exit"
  | "bytes"
  | "sleep"
  | "size"
  | "args"
  | "missing"
  | "append"
  | "shell"
  | "hostname";

/** What to fill in. */
export type Params = Readonly<Record<string, string | number>>;

/** A container as the kit makes it. */
export interface Recipe {
  readonly image: string;
  readonly command: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly stdin: boolean;
  /** Text of line {n} of instance {instance}, without line end; empty: not known beforehand. */
  readonly line: string;
}

interface KitFile {
  readonly schema: "outboard-conformance-kit/v1";
  readonly name: string;
  readonly containers: Readonly<Record<string, Partial<Recipe>>>;
  readonly commands: Readonly<Record<string, readonly string[]>>;
  /** How many times slower than a simulation the platform is; the selftest waits for faults so much longer. Default 1. */
  readonly pace: number;
  readonly flags: Readonly<Record<string, readonly string[]>>;
}

/** A kit in use. */
export class Kit {
  readonly #file: KitFile;

  constructor(file: KitFile) {
    this.#file = file;
  }

  get name(): string {
    return this.#file.name;
  }

  get pace(): number {
    return this.#file.pace;
  }

  /** Names of everything that the kit has. */
  get behaviours(): readonly string[] {
    return [...Object.keys(this.#file.containers), ...Object.keys(this.#file.commands).map((name) => `exec ${name}`)];
  }

  /** @throws NotTestable where the kit has no such behaviour. */
  container(behaviour: Behaviour, given: Params): Recipe {
    const params = { ms: 0, code: 0, ...given, seconds: Number(given["ms"] ?? 0) / 1000 };
    const raw = this.#file.containers[behaviour];
    if (raw === undefined) throw new NotTestable(`the kit "${this.name}" has no container behaviour "${behaviour}"`);
    const annotations = Object.entries(raw.annotations ?? {});
    return {
      image: fill(raw.image ?? "", params),
      command: (raw.command ?? []).map((part) => fill(part, params)),
      annotations: Object.fromEntries(annotations.map(([key, value]) => [fill(key, params), fill(value, params)])),
      stdin: raw.stdin ?? false,
      line: raw.line ?? "",
    };
  }

  /** Flags that make the provider itself another one, for the selftest; undefined where the kit does not know how. */
  flags(name: string, params: Params = {}): readonly string[] | undefined {
    return this.#file.flags[name]?.map((part) => fill(part, params));
  }

  hasCommand(name: Command): boolean {
    return this.#file.commands[name] !== undefined;
  }

  /** @throws NotTestable where the kit has no such command. */
  command(name: Command, params: Params = {}): readonly string[] {
    const raw = this.#file.commands[name];
    if (raw === undefined) throw new NotTestable(`the kit "${this.name}" has no command "${name}"`);
    return raw.map((part) => fill(part, params));
  }
}

/** Reads a kit. @throws Error that names the file and what is wrong with it. */
export function readKit(path: string): Kit {
  const file = JSON.parse(readFileSync(path, "utf8")) as Partial<KitFile>;
  if (file.schema !== "outboard-conformance-kit/v1") {
    throw new Error(`${path}: schema must be outboard-conformance-kit/v1`);
  }
  const { name = path, containers = {}, commands = {}, flags = {}, pace = 1, schema } = file;
  return new Kit({ schema, name, containers, commands, flags, pace });
}

/** Replaces each {name}; names that are not given stay as they are. */
export function fill(text: string, params: Params): string {
  return text.replace(/\{([a-z]+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}
