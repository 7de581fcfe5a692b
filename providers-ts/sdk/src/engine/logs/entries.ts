/** Reads the entries of an instance's log from a position on, across full files and, with follow, as they are written. */
import { type FileHandle, open } from "node:fs/promises";
import { type Clock, sleep } from "../../clock/clock.js";
import { type CriLine, parseCriLine } from "./cri-line.js";
import { exists, logFiles, rotatedPath } from "./files.js";

/** A place in a log: file number and byte offset. */
export interface Position {
  readonly file: number;
  readonly offset: number;
}

/** An entry with its own place and the one behind it. */
export interface Entry {
  readonly line: CriLine;
  readonly at: Position;
  readonly behind: Position;
}

/** Entries in a row; not empty. */
export type Entries = readonly Entry[];

/** What to read, and how long. */
export interface EntrySource {
  readonly logPath: string;
  readonly clock: Clock;
  readonly isFollowing: boolean;
  /** The instance has ended: nothing more will be written. */
  readonly hasEnded: () => boolean;
}

const BLOCK_BYTES = 64 * 1024;
const POLL_MS = 100;
/** An entry is never longer in the CRI's format; a longer run of bytes is no log. */
const LONGEST_LINE_BYTES = 1024 * 1024;

/** Yields entries, as many at a time as one read of the file brings; ends at the end of the log, with follow once the instance has ended. */
export async function* readEntries(source: EntrySource, from: Position, signal: AbortSignal): AsyncGenerator<Entries> {
  let position = from;
  for (;;) {
    signal.throwIfAborted();
    const isLast = source.hasEnded() || !source.isFollowing;
    const path = await pathOf(source.logPath, position.file);
    if (path !== undefined) {
      await using file = await open(path, "r");
      for await (const entries of fileEntries(source, file, position, signal)) {
        position = entries.at(-1)?.behind ?? position;
        yield entries;
      }
    }
    const next = await nextNumber(source.logPath, position.file);
    if (next !== undefined) {
      position = { file: next, offset: 0 };
      continue;
    }
    if (isLast) return;
    await sleep(source.clock, POLL_MS, signal);
  }
}

/** Entries of one file; with follow until it is full or the instance has ended, and everything in it was read. */
async function* fileEntries(
  source: EntrySource,
  file: FileHandle,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<Entries> {
  let position = from;
  for (;;) {
    signal.throwIfAborted();
    const isOver =
      source.hasEnded() || !source.isFollowing || (await nextNumber(source.logPath, from.file)) !== undefined;
    const before = position.offset;
    for await (const entries of entriesToEnd(file, position)) {
      position = entries.at(-1)?.behind ?? position;
      yield entries;
    }
    if (isOver) return;
    if (position.offset === before) await sleep(source.clock, POLL_MS, signal);
  }
}

/** Whole lines from the offset to the present end of the file. */
async function* entriesToEnd(file: FileHandle, from: Position): AsyncGenerator<Entries> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = from.offset;
  for (let readAt = from.offset; ; ) {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, readAt);
    if (bytesRead === 0) return;
    readAt += bytesRead;
    let bytes: Buffer = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    const entries: Entry[] = [];
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      const line = parseCriLine(bytes.subarray(0, end));
      const at = { file: from.file, offset };
      offset += end + 1;
      bytes = bytes.subarray(end + 1);
      if (line !== undefined) entries.push({ line, at, behind: { file: from.file, offset } });
    }
    if (entries.length > 0) yield entries;
    rest = bytes.length > LONGEST_LINE_BYTES ? Buffer.alloc(0) : bytes;
    if (rest.length !== bytes.length) offset += bytes.length;
  }
}

async function pathOf(logPath: string, number: number): Promise<string | undefined> {
  const full = rotatedPath(logPath, number);
  if (await exists(full)) return full;
  return (await logFiles(logPath)).find((file) => file.number === number)?.path;
}

/** The file that the writer has gone on to; files in between may be gone. */
async function nextNumber(logPath: string, number: number): Promise<number | undefined> {
  return (await logFiles(logPath)).find((file) => file.number > number)?.number;
}
