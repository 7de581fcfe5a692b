/** Turns a provider's log chunks into the bytes that kubectl prints. */
import type { LogChunk } from "../../ports/provider.js";
import { formatTime } from "./time.js";

/** How to print. */
export interface RenderOptions {
  /** Prefix each line with its time. */
  readonly timestamps: boolean;
  /** Drop what is older, nanoseconds since 1970. */
  readonly since?: bigint | undefined;
  /** Leave out so many lines at the beginning. */
  readonly skipLines: number;
  /** Stop after so many bytes, prefixes counted. */
  readonly limitBytes?: number | undefined;
}

/** Prints chunk after chunk. */
export interface LogRenderer {
  /** Bytes to send now, possibly none. */
  render(chunk: LogChunk): Uint8Array;
  /** True once limitBytes is used up: nothing more will come. */
  isFull(): boolean;
}

const NEWLINE = 10;
const EMPTY = new Uint8Array(0);

/** Makes a renderer for one log. Line starts are counted over the merged output, as the kubelet does. */
export function createLogRenderer(options: RenderOptions): LogRenderer {
  let lineStart = true;
  let toSkip = options.skipLines;
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;

  function piece(chunk: LogChunk, bytes: Uint8Array): readonly Uint8Array[] {
    const startsLine = lineStart;
    lineStart = endsLine(chunk, bytes);
    if (toSkip > 0) {
      if (lineStart) toSkip -= 1;
      return [];
    }
    const time = chunk.timeUnixNano;
    if (options.since !== undefined && time !== undefined && time < options.since) return [];
    if (!options.timestamps || !startsLine || time === undefined) return [bytes];
    return [Buffer.from(`${formatTime(time)} `), bytes];
  }

  function limited(bytes: Uint8Array): Uint8Array {
    const kept = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= kept.length;
    return kept;
  }

  return {
    render(chunk) {
      if (left <= 0) return EMPTY;
      const printed = piecesOf(chunk.data).flatMap((bytes) => piece(chunk, bytes));
      return limited(printed.length === 1 ? (printed[0] ?? EMPTY) : Buffer.concat(printed));
    },
    isFull: () => left <= 0,
  };
}

/** Lines in all chunks, counted as the renderer skips them. An unfinished line at the end counts too. */
export async function countLines(chunks: AsyncIterable<LogChunk>): Promise<number> {
  let lines = 0;
  let open = false;
  for await (const chunk of chunks) {
    for (const bytes of piecesOf(chunk.data)) {
      open = !endsLine(chunk, bytes);
      if (!open) lines += 1;
    }
  }
  return open ? lines + 1 : lines;
}

/** Cut behind each newline. */
function piecesOf(data: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  while (start < data.length) {
    const newline = data.indexOf(NEWLINE, start);
    const end = newline < 0 ? data.length : newline + 1;
    pieces.push(data.subarray(start, end));
    start = end;
  }
  return pieces;
}

function endsLine(chunk: LogChunk, bytes: Uint8Array): boolean {
  return bytes.at(-1) === NEWLINE || !chunk.partial;
}
