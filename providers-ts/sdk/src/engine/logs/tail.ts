/** Finds where the last so many lines of a log begin, reading backwards. */
import { type FileHandle, open } from "node:fs/promises";
import { parseCriLine } from "./cri-line.js";
import type { Position } from "./entries.js";
import { logFiles, sizeOf } from "./files.js";

const BLOCK_BYTES = 64 * 1024;

/** The place from which on there are `lines` lines; the beginning if there are fewer. */
export async function tailPosition(logPath: string, lines: number): Promise<Position> {
  const files = await logFiles(logPath);
  let wanted = lines;
  for (const file of files.toReversed()) {
    const found = await tailOfFile(file.path, wanted);
    if (found.offset !== undefined) return { file: file.number, offset: found.offset };
    wanted -= found.count;
  }
  return startOf(files);
}

/** The oldest place there is. */
export function startOf(files: readonly { readonly number: number }[]): Position {
  return { file: files[0]?.number ?? 1, offset: 0 };
}

interface Found {
  /** Absent: the file has too few lines. */
  readonly offset?: number;
  readonly count: number;
}

/** Counts ends of lines from behind: an entry that is not partial ends a line. */
async function tailOfFile(path: string, wanted: number): Promise<Found> {
  const size = (await sizeOf(path)) ?? 0;
  if (wanted === 0) return { offset: size, count: 0 };
  await using file = await open(path, "r");
  let count = 0;
  for await (const line of linesBackwards(file, size)) {
    if (!endsLine(line.bytes)) continue;
    if (count === wanted) return { offset: line.offset + line.bytes.length, count };
    count += 1;
  }
  return { count };
}

interface RawLine {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Lines with their line ends, the last one first. */
async function* linesBackwards(file: FileHandle, size: number): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  for (let end = size; end > 0; ) {
    const length = Math.min(BLOCK_BYTES, end);
    const block = Buffer.alloc(length);
    await file.read(block, 0, length, end - length);
    end -= length;
    rest = Buffer.concat([block, rest]);
    for (let cut = lastLineStart(rest, end); cut !== undefined; cut = lastLineStart(rest, end)) {
      yield { offset: end + cut, bytes: rest.subarray(cut) };
      rest = rest.subarray(0, cut);
    }
  }
}

/** Start of the last line in the bytes, if it is known to be one: behind a line end, or at the start of the file. */
function lastLineStart(bytes: Buffer, offset: number): number | undefined {
  if (bytes.length === 0) return undefined;
  const before = bytes.lastIndexOf(10, bytes.length - 2);
  if (bytes.length >= 2 && before >= 0) return before + 1;
  return offset === 0 ? 0 : undefined;
}

function endsLine(bytes: Buffer): boolean {
  if (bytes.at(-1) !== 10) return false;
  return parseCriLine(bytes.subarray(0, -1))?.isPartial === false;
}
