/** A provider's logs for tests: what was asked is kept, chunks come from the test. */
import type { LogChunk, LogQuery, ProviderLogs } from "../../ports/provider.js";

/** Logs under a test's control. */
export interface ScriptedLogs extends ProviderLogs {
  readonly queries: LogQuery[];
  /** Signals of all calls, in order. */
  readonly signals: AbortSignal[];
  /** Replaces what the next calls answer. */
  answer(open: (query: LogQuery, signal: AbortSignal) => AsyncIterable<LogChunk>): void;
  /** The next calls reject. */
  fail(error: Error): void;
}

/** Makes logs that hold `lines` (see `line`) until told otherwise. */
export function createScriptedLogs(lines: readonly LogChunk[] = []): ScriptedLogs {
  const queries: LogQuery[] = [];
  const signals: AbortSignal[] = [];
  let open: (query: LogQuery, signal: AbortSignal) => AsyncIterable<LogChunk> = () => streamOf(lines);
  let failure: Error | undefined;
  return {
    queries,
    signals,
    answer: (next) => {
      open = next;
    },
    fail: (error) => {
      failure = error;
    },
    async openLogs(query, signal) {
      queries.push(query);
      signals.push(signal);
      if (failure !== undefined) throw failure;
      return open(query, signal);
    },
  };
}

/** One line with its newline. `nanos`: when it was written. */
export function line(text: string, nanos?: bigint, stream: LogChunk["stream"] = "stdout"): LogChunk {
  const data = new TextEncoder().encode(`${text}\n`);
  return { data, stream, partial: false, ...(nanos === undefined ? {} : { timeUnixNano: nanos }) };
}

/** A piece of a line that goes on. */
export function part(text: string, nanos?: bigint): LogChunk {
  return { ...line("", nanos), data: new TextEncoder().encode(text), partial: true };
}

/** Chunks, then the end. */
export async function* streamOf(chunks: readonly LogChunk[]): AsyncGenerator<LogChunk> {
  yield* chunks;
}

/** Chunks, then silence until the signal aborts. */
export async function* streamWithoutEnd(chunks: readonly LogChunk[], signal: AbortSignal): AsyncGenerator<LogChunk> {
  yield* chunks;
  await new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
  );
}
