/**
 * The pod's journal on disk: starts, ends and removals of instances, appended before they are told. The provider reads it
 * when the shim is gone. Torn last lines (power loss) are ignored.
 */
import { constants, fdatasyncSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import type { ExitRecord, InstanceRecord } from "./protocol.js";

export const JOURNAL = "journal.jsonl";
export const SOCKET = "shim.sock";

export type JournalLine =
  | { readonly kind: "started"; readonly record: InstanceRecord }
  | { readonly kind: "ended"; readonly container: string; readonly attempt: number; readonly exit: ExitRecord }
  | { readonly kind: "forgotten"; readonly container: string; readonly attempt: number };

/** Room for the lines of some forty instances. */
const ROOM_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/**
 * The shim's own end of it. An end must find room on a disk that is full by then, so that room is taken before the start:
 * behind the lines the file is filled with newlines, which are written over.
 */
export class Journal {
  readonly #descriptor: number;
  /** Where the next line goes. */
  #at: number;
  /** The file's end. */
  #end: number;
  /** Lines that could not be written yet. */
  #late = "";

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#at = fstatSync(this.#descriptor).size;
    this.#end = this.#at;
  }

  /** Makes room for an instance with these facts. @throws when the disk has none */
  reserve(facts: unknown): void {
    const wanted = this.#at + this.#late.length + ROOM_BYTES + Buffer.byteLength(JSON.stringify(facts ?? null));
    if (wanted <= this.#end) return;
    this.#write(Buffer.alloc(wanted - this.#end, NEWLINE), this.#end);
    this.#end = wanted;
  }

  /** In the page cache when it returns; ends also on disk, since nobody can ask for them again. */
  append(line: JournalLine): void {
    this.#late += `${JSON.stringify(line)}\n`;
    try {
      const bytes = Buffer.from(this.#late);
      this.#write(bytes, this.#at);
      this.#at += bytes.length;
      this.#end = Math.max(this.#end, this.#at);
      this.#late = "";
      if (line.kind === "ended") fdatasyncSync(this.#descriptor);
    } catch {
      // It goes with the next one. The pod goes on: while its shim lives, the shim knows.
    }
  }

  #write(bytes: Buffer, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
    }
  }
}

/** All instances that the journal knows; a missing file is an empty one. */
export function readJournal(path: string): readonly InstanceRecord[] {
  const found = new Map<string, InstanceRecord>();
  for (const line of journalLines(path)) {
    switch (line.kind) {
      case "started":
        found.set(instanceKey(line.record), line.record);
        break;
      case "ended": {
        const record = found.get(instanceKey(line));
        if (record !== undefined) found.set(instanceKey(line), { ...record, exit: line.exit });
        break;
      }
      case "forgotten":
        found.delete(instanceKey(line));
    }
  }
  return [...found.values()];
}

export function instanceKey(instance: { readonly container: string; readonly attempt: number }): string {
  return `${instance.container}/${String(instance.attempt)}`;
}

function journalLines(path: string): readonly JournalLine[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => (line === "" ? [] : parseLine(line)));
}

function parseLine(line: string): readonly JournalLine[] {
  try {
    return [JSON.parse(line) as JournalLine];
  } catch {
    return [];
  }
}
