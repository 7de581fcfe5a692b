/** Exec, attach and port-forward: the contract's frames in, a runtime's streams out. */
import type { AttachStart, ExecResponse, ExecStart, PortForwardResponse, TerminalSize } from "@outboard/contract";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import type { ExecInput, PortForwardInput } from "../provider.js";
import { Channel } from "./channel.js";
import type { SessionExit, SessionIO } from "./runtime.js";

type ProcessFrame = NonNullable<ExecResponse["frame"]>;
type ForwardFrame = NonNullable<PortForwardResponse["frame"]>;

/** Runs a process session: output frames, then its exit exactly once. */
export async function* runSession(
  start: Pick<ExecStart | AttachStart, "stdin" | "stdout" | "stderr" | "tty" | "size">,
  input: ExecInput,
  run: (io: SessionIO) => Promise<SessionExit>,
): AsyncGenerator<ProcessFrame> {
  const output = new Channel<ProcessFrame>();
  const stdin = new Channel<Uint8Array>();
  const resizes = new Channel<TerminalSize>();
  const io: SessionIO = {
    ...(start.stdin ? { stdin } : {}),
    ...(start.tty ? { terminal: { ...(start.size === undefined ? {} : { size: start.size }), resizes } } : {}),
    stdout: async (bytes) => (start.stdout ? await output.write({ $case: "stdout", value: bytes }) : undefined),
    stderr: async (bytes) => (start.stderr ? await output.write({ $case: "stderr", value: bytes }) : undefined),
  };
  feed(input, stdin, resizes).catch(() => {}); // the client is gone: the session's signal says so too
  const exit = run(io).then(toExit, failedExit);
  void exit.finally(() => output.close());
  yield* output;
  yield { $case: "exit", value: { result: await exit } };
}

type ExitFrame =
  | { readonly $case: "code" | "signal"; readonly value: number }
  | { readonly $case: "error"; readonly value: string };

function toExit(exit: SessionExit): ExitFrame {
  if (exit.exitCode !== undefined) return { $case: "code", value: exit.exitCode };
  if (exit.signal !== undefined) return { $case: "signal", value: exit.signal };
  return { $case: "error", value: exit.error ?? "the end of the process is not known" };
}

function failedExit(error: unknown): ExitFrame {
  return { $case: "error", value: error instanceof Error ? error.message : "the process could not be run" };
}

async function feed(input: ExecInput, stdin: Channel<Uint8Array>, resizes: Channel<TerminalSize>): Promise<void> {
  try {
    for await (const frame of input) {
      if (frame.$case === "stdin") await stdin.write(frame.value);
      if (frame.$case === "stdinEnd") stdin.close();
      if (frame.$case === "resize") void resizes.write(frame.value);
    }
  } finally {
    stdin.close();
    resizes.close();
  }
}

/** Carries bytes both ways; ends when both directions are closed. */
export async function* runForward(
  connection: Duplex,
  input: PortForwardInput,
  signal: AbortSignal,
): AsyncGenerator<ForwardFrame> {
  const onAbort = (): void => void connection.destroy();
  signal.addEventListener("abort", onAbort);
  try {
    yield { $case: "opened", value: {} };
    const sending = send(connection, input);
    sending.catch(() => {}); // waited for below, unless the other direction fails first
    for await (const chunk of connection.iterator({ destroyOnReturn: false })) {
      yield { $case: "data", value: chunk as Uint8Array };
    }
    const broken = finished(connection); // heard from before the reader is told, and may take its time
    broken.catch(() => {});
    yield { $case: "halfClose", value: {} };
    await Promise.race([sending, broken]);
  } catch {
    if (!signal.aborted) yield { $case: "failed", value: { message: "the connection broke" } };
  } finally {
    signal.removeEventListener("abort", onAbort);
    connection.destroy();
  }
}

/** Until the client's half-close. Its stream may stay open after it, so the input is left as it is and not returned. */
async function send(connection: Duplex, input: PortForwardInput): Promise<void> {
  const frames = input[Symbol.asyncIterator]();
  for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
    if (next.value.$case === "halfClose") {
      connection.end();
      return;
    }
    if (next.value.$case === "data" && !connection.write(next.value.value)) await drained(connection);
  }
}

async function drained(connection: Duplex): Promise<void> {
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      connection.removeListener("drain", finish);
      connection.removeListener("close", finish);
      resolve();
    };
    connection.once("drain", finish);
    connection.once("close", finish);
  });
}
