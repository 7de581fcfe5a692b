/**
 * Commands in simulated containers: a few that are built in, so that every kind of stream can be tried.
 * The README lists them. Nothing of the host is touched.
 */
import type { ExecResponse, ExecStart, TerminalSize } from "@outboard/contract";
import { type ExecInput, sleep } from "@outboard/provider-sdk";
import type { HeldPod } from "../pods.js";
import { environmentOf, readFile } from "./inputs.js";
import type { LogParts } from "./logs.js";

/** A server frame. */
export type ExecFrame = NonNullable<ExecResponse["frame"]>;

/** What a built-in command gets. */
interface Run {
  readonly parts: LogParts;
  readonly held: HeldPod;
  readonly container: string;
  readonly args: readonly string[];
  readonly input: ExecInput;
  readonly size: TerminalSize | undefined;
  readonly hasStdin: boolean;
  readonly signal: AbortSignal;
}

type Builtin = (run: Run) => AsyncGenerator<ExecFrame>;

const BUILTINS: Readonly<Record<string, Builtin>> = {
  echo: async function* ({ args }) {
    yield stdout(`${args.join(" ")}\n`);
    yield exit(0);
  },
  stderr: async function* ({ args }) {
    yield { $case: "stderr", value: Buffer.from(`${args.join(" ")}\n`) };
    yield exit(0);
  },
  true: async function* () {
    yield exit(0);
  },
  false: async function* () {
    yield exit(1);
  },
  exit: async function* ({ args }) {
    yield exit(Number(args[0] ?? 0));
  },
  signal: async function* ({ args }) {
    yield { $case: "exit", value: { result: { $case: "signal", value: Number(args[0] ?? 9) } } };
  },
  hostname: async function* ({ held }) {
    yield stdout(`${held.inputs.hostname}\n`);
    yield exit(0);
  },
  env: async function* ({ parts, held, container }) {
    for (const [name, value] of environmentOf(parts.pods, held, container))
      yield stdout(Buffer.concat([Buffer.from(`${name}=`), value, Buffer.from("\n")]));
    yield exit(0);
  },
  sleep: async function* ({ parts, args, signal }) {
    await sleep(parts.clock, Number(args[0] ?? 0) * 1000, signal);
    yield exit(0);
  },
  bytes: async function* ({ args }) {
    yield stdout(Buffer.alloc(Number(args[0] ?? 0), "x"));
    yield exit(0);
  },
  size: printSize,
  cat,
};

/** Runs a command: output, then one exit. */
export async function* runCommand(
  parts: LogParts,
  start: ExecStart,
  input: ExecInput,
  signal: AbortSignal,
): AsyncGenerator<ExecFrame> {
  const held = parts.pods.get(start.uid);
  const [name = "", ...args] = plainCommand(start.command);
  const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  if (held === undefined || builtin === undefined) {
    yield {
      $case: "exit",
      value: { result: { $case: "error", value: "the command is not one of the built-in ones" } },
    };
    return;
  }
  const run: Run = {
    parts,
    held,
    container: start.container,
    args,
    input,
    size: start.size,
    hasStdin: start.stdin,
    signal,
  };
  for await (const frame of builtin(run)) if (isWanted(frame, start)) yield frame;
}

/** `sh -c "echo a"` is `echo a`: words parted by blanks, no more of a shell than that. */
function plainCommand(command: readonly string[]): readonly string[] {
  const isShell = /^(?:\/bin\/)?(?:ba)?sh$/.test(command[0] ?? "") && command[1] === "-c";
  return isShell ? (command[2] ?? "").trim().split(/\s+/) : command;
}

function isWanted(frame: ExecFrame, start: ExecStart): boolean {
  if (frame.$case === "stdout") return start.stdout;
  return frame.$case !== "stderr" || start.stderr;
}

/** Without a path: standard input comes back. With paths: files of the pod's volumes. */
async function* cat({ args, held, container, input, hasStdin }: Run): AsyncGenerator<ExecFrame> {
  for (const path of args) {
    const content = readFile(held, container, path);
    if (content === undefined) {
      yield { $case: "stderr", value: Buffer.from(`cat: ${path}: No such file or directory\n`) };
      yield exit(1);
      return;
    }
    yield stdout(content);
  }
  if (args.length === 0 && hasStdin) yield* echoInput(input);
  yield exit(0);
}

async function* echoInput(input: ExecInput): AsyncGenerator<ExecFrame> {
  for await (const frame of input) {
    if (frame.$case === "stdin") yield stdout(frame.value);
    if (frame.$case === "stdinEnd") return;
  }
}

/** Prints the terminal's size now and at each change, until standard input ends. */
async function* printSize({ input, size, hasStdin }: Run): AsyncGenerator<ExecFrame> {
  if (size !== undefined) yield stdout(`${size.width}x${size.height}\n`);
  if (hasStdin) {
    for await (const frame of input) {
      if (frame.$case === "resize") yield stdout(`${frame.value.width}x${frame.value.height}\n`);
      if (frame.$case === "stdinEnd") break;
    }
  }
  yield exit(0);
}

function stdout(value: string | Uint8Array): ExecFrame {
  return { $case: "stdout", value: typeof value === "string" ? Buffer.from(value) : value };
}

function exit(code: number): ExecFrame {
  return { $case: "exit", value: { result: { $case: "code", value: code } } };
}
