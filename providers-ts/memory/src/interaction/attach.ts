/** Attach to a simulated container: its log lines from now on; what is written to it comes back, as `cat` would do. */
import type { AttachResponse, AttachStart } from "@outboard/contract";
import type { AttachInput } from "@outboard/provider-sdk";
import { followLog, type LogParts } from "./logs.js";
import { merge } from "./merge.js";

/** A server frame. */
export type AttachFrame = NonNullable<AttachResponse["frame"]>;

/** Serves one attachment until the container's instance ends. */
export async function* attachTo(
  parts: LogParts,
  start: AttachStart,
  input: AttachInput,
  signal: AbortSignal,
): AsyncGenerator<AttachFrame> {
  const target = { uid: start.uid, container: start.container };
  const log = toFrames(followLog(parts, target, signal));
  for await (const frame of merge(log, start.stdin ? echo(input) : none())) if (start.stdout) yield frame;
  yield { $case: "exit", value: { result: exitOf(parts, target) } };
}

async function* toFrames(lines: AsyncIterable<Uint8Array>): AsyncGenerator<AttachFrame> {
  for await (const value of lines) yield { $case: "stdout", value };
}

async function* echo(input: AttachInput): AsyncGenerator<AttachFrame> {
  for await (const frame of input) {
    if (frame.$case === "stdin") yield { $case: "stdout", value: frame.value };
    if (frame.$case === "stdinEnd") return;
  }
}

async function* none(): AsyncGenerator<AttachFrame> {}

function exitOf({ pods }: LogParts, target: { readonly uid: string; readonly container: string }) {
  const container = pods.get(target.uid)?.state.containers.find(({ name }) => name === target.container);
  const { now, last } = container ?? {};
  const ended = now?.kind === "ended" ? now.ended : last;
  if (ended?.exitCode === undefined) return { $case: "error" as const, value: "how the container ended is not known" };
  return { $case: "code" as const, value: ended.exitCode };
}
