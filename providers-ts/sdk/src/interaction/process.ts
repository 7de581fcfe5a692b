/**
 * What Exec and Attach have in common once the provider runs them: `opened` first, output in chunks, exactly one exit.
 * Errors before `opened` are statuses; after it they become an exit with a text.
 */
import { type ExecResponse, isStatusError } from "@outboard/contract";
import type { Core } from "../core.js";
import { describeError } from "../errors.js";
import { chunks } from "./chunks.js";
import { begin, until } from "./first.js";

/** A server frame of Exec and Attach: both have the same. */
export type ProcessFrame = NonNullable<ExecResponse["frame"]>;

/** Serves the frames of one process. */
export async function* serveProcess(
  core: Core,
  source: AsyncIterable<ProcessFrame>,
  signal: AbortSignal,
): AsyncGenerator<{ readonly frame: ProcessFrame }> {
  await using process = await begin(until(source, signal), core.clock);
  yield { frame: { $case: "opened", value: {} } };
  try {
    for await (const frame of process.items) {
      yield* pieces(frame);
      if (frame.$case === "exit") return;
    }
    yield exitWith("how the process ended is not known");
  } catch (error) {
    if (signal.aborted && !isStatusError(signal.reason)) throw error;
    if (!isStatusError(error)) core.log.error({ err: describeError(error) }, "interaction failed");
    yield exitWith(isStatusError(error) ? error.message : "internal error of the provider");
  }
}

function* pieces(frame: ProcessFrame): Generator<{ readonly frame: ProcessFrame }> {
  switch (frame.$case) {
    case "stdout":
    case "stderr":
      for (const value of chunks(frame.value)) yield { frame: { $case: frame.$case, value } };
      break;
    case "exit":
      yield { frame };
      break;
    case "opened":
  }
}

function exitWith(text: string): { readonly frame: ProcessFrame } {
  return { frame: { $case: "exit", value: { result: { $case: "error", value: text } } } };
}
