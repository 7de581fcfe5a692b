/**
 * The engine's log stream as records: one per line that the container wrote, or per part of a long line, each with its time.
 * With a terminal there are no frames: lines follow each other, and a line above the limit has further times inside.
 */
import { Demultiplexer, type OutputName } from "../api/frames.js";
import { fixedTime } from "../plan/times.js";

export interface LogRecord {
  /** As fixedTime writes it. */
  readonly time: string;
  readonly stream: OutputName;
  /** Without the newline. */
  readonly text: Buffer;
  /** False: the next record goes on with the same line. */
  readonly isWhole: boolean;
}

/** Takes chunks, returns the records that are complete. */
export interface RecordReader {
  take(chunk: Buffer): readonly LogRecord[];
  /** The stream is over: what is left is a record. */
  end(): readonly LogRecord[];
}

const NEWLINE = 10;
const BLANK = 32;
/** Where engines cut long lines. */
const PART_BYTES = 16 * 1024;
const LONGEST_TIME = 40;

export function recordReader(tty: boolean): RecordReader {
  return tty ? new TerminalReader() : new FramedReader();
}

class FramedReader implements RecordReader {
  readonly #frames = new Demultiplexer();

  take(chunk: Buffer): readonly LogRecord[] {
    return this.#frames.take(chunk).flatMap(({ stream, bytes }) => parseRecord(bytes, stream) ?? []);
  }

  end(): readonly LogRecord[] {
    return [];
  }
}

/** Some engines frame terminals too: the first bytes tell. */
class TerminalReader implements RecordReader {
  #rest: Buffer = Buffer.alloc(0);
  #framed: FramedReader | undefined;

  take(chunk: Buffer): readonly LogRecord[] {
    if (this.#framed === undefined && this.#rest.length === 0 && chunk.length > 0 && (chunk[0] ?? 0) < 3) {
      this.#framed = new FramedReader();
    }
    if (this.#framed !== undefined) return this.#framed.take(chunk);
    this.#rest = Buffer.concat([this.#rest, chunk]);
    return this.#cut(false);
  }

  end(): readonly LogRecord[] {
    return this.#cut(true);
  }

  #cut(isOver: boolean): readonly LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = this.#rest;
    for (let size = recordSize(bytes, isOver); size > 0; size = recordSize(bytes, isOver)) {
      const record = parseRecord(bytes.subarray(0, size), "stdout");
      if (record !== undefined) records.push(record);
      bytes = bytes.subarray(size);
    }
    this.#rest = Buffer.from(bytes);
    return records;
  }
}

/** 0: not there as a whole yet. A part is over where the limit is reached and a time follows. */
function recordSize(bytes: Buffer, isOver: boolean): number {
  const blank = bytes.subarray(0, LONGEST_TIME).indexOf(BLANK);
  const newline = bytes.indexOf(NEWLINE);
  const part = blank + 1 + PART_BYTES;
  if (newline >= 0 && newline < part) return newline + 1;
  const canTell = newline >= 0 || isOver || bytes.length >= part + LONGEST_TIME;
  if (blank >= 0 && canTell && timeOf(bytes.subarray(part)) !== undefined) return part;
  if (newline >= 0) return newline + 1;
  return isOver ? bytes.length : 0;
}

function parseRecord(bytes: Buffer, stream: OutputName): LogRecord | undefined {
  const time = timeOf(bytes);
  if (time === undefined) return undefined;
  const isWhole = bytes.at(-1) === NEWLINE;
  const text = bytes.subarray(bytes.indexOf(BLANK) + 1, isWhole ? -1 : undefined);
  return { time, stream, text: Buffer.from(text), isWhole };
}

function timeOf(bytes: Buffer): string | undefined {
  const blank = bytes.subarray(0, LONGEST_TIME).indexOf(BLANK);
  return blank < 0 ? undefined : fixedTime(bytes.toString("latin1", 0, blank));
}
