/**
 * The pod's journal on disk: starts, ends and removals of instances, appended before they are told. The provider reads it
 * when the shim is gone. Torn last lines (power loss) are ignored.
 */
import { fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { ExitRecord, InstanceRecord } from "./protocol.js";

export const JOURNAL = "journal.jsonl";
export const SOCKET = "shim.sock";

export type JournalLine =
  | { readonly kind: "started"; readonly record: InstanceRecord }
  | { readonly kind: "ended"; readonly container: string; readonly attempt: number; readonly exit: ExitRecord }
  | { readonly kind: "forgotten"; readonly container: string; readonly attempt: number };

export class Journal {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, "a", 0o600);
  }

  /** In the page cache when it returns; ends also on disk, since nobody can ask for them again. */
  append(line: JournalLine): void {
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`);
    if (line.kind === "ended") fdatasyncSync(this.#descriptor);
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
  return text.split("\n").flatMap((line) => parseLine(line));
}

function parseLine(line: string): readonly JournalLine[] {
  try {
    return [JSON.parse(line) as JournalLine];
  } catch {
    return [];
  }
}
