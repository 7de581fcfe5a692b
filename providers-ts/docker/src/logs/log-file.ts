/**
 * One instance's log as a CRI file: `<RFC3339Nano> stdout F line`, parts of long lines marked P. A file that is there is
 * gone on with: its last entries tell how far it was written, and a line that was cut by a crash is taken away.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { OutputName } from "../api/frames.js";
import { type LogPlace, placeOf, ReadingCursor } from "./place.js";
import type { LogRecord } from "./records.js";

interface Entry {
  readonly stream: OutputName;
  readonly time: string;
}

export class LogFile {
  readonly #path: string;
  #descriptor: number;
  #place: LogPlace;
  #cursor: ReadingCursor;

  private constructor(path: string, descriptor: number, place: LogPlace) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#place = place;
    this.#cursor = new ReadingCursor(place);
  }

  /** @throws where the folder is not there any more */
  static open(path: string): LogFile {
    const place = placeOf([...entriesOf(newestFull(path)), ...entriesOf(path)]);
    const descriptor = openSync(path, "a", 0o640);
    cutTornLine(path, descriptor);
    return new LogFile(path, descriptor, place);
  }

  get place(): LogPlace {
    return this.#place;
  }

  /** The engine's stream is read again from before our place: what is in the file already is passed over. */
  rewind(): void {
    this.#cursor = new ReadingCursor(this.#place);
  }

  write(records: readonly LogRecord[]): void {
    const fresh = records.filter((record) => this.#cursor.isNew(record));
    if (fresh.length === 0) return;
    this.#place = extend(this.#place, fresh);
    put(this.#descriptor, Buffer.concat(fresh.map(toLine)));
  }

  /** The file was renamed: a new one is begun. */
  reopen(): void {
    const next = openSync(this.#path, "a", 0o640);
    closeSync(this.#descriptor);
    this.#descriptor = next;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function extend(place: LogPlace, records: readonly LogRecord[]): LogPlace {
  const next: Partial<Record<OutputName, { time: string; count: number }>> = { ...place };
  for (const { stream, time } of records) {
    const before = next[stream];
    next[stream] = before?.time === time ? { time, count: before.count + 1 } : { time, count: 1 };
  }
  return next;
}

function toLine({ time, stream, text, isWhole }: LogRecord): Buffer {
  return Buffer.concat([Buffer.from(`${time} ${stream} ${isWhole ? "F" : "P"} `), text, NEWLINE_BYTES]);
}

const NEWLINE_BYTES = Buffer.from("\n");

/** A full or failing disk loses the text, never the container. */
function put(descriptor: number, bytes: Buffer): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  } catch {
    // Nobody to tell.
  }
}

function entriesOf(path: string | undefined): readonly Entry[] {
  if (path === undefined) return [];
  const text = readOrEmpty(path);
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.flatMap((line) => {
    const [, time, stream] = /^(\S+) (stdout|stderr) [FP] /.exec(line) ?? [];
    return time === undefined ? [] : [{ time, stream: stream === "stderr" ? "stderr" : "stdout" } as const];
  });
}

/** The file that was full last; its number is the highest. */
function newestFull(path: string): string | undefined {
  const prefix = `${basename(path)}.`;
  const numbers = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
  return numbers.length === 0 ? undefined : join(dirname(path), `${prefix}${String(Math.max(...numbers))}`);
}

function cutTornLine(path: string, descriptor: number): void {
  const bytes = Buffer.from(readOrEmpty(path), "latin1");
  const end = bytes.lastIndexOf(NEWLINE_BYTES) + 1;
  if (end < bytes.length) ftruncateSync(descriptor, end);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
