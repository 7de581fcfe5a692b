// Lists of test names that are kept in the repository, one a line: "NAME", or "NAME<TAB>NOTE". Lines with # are comments.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SpecResult } from "./ginkgo-report.js";

const FOLDER = join(import.meta.dirname, "..", "..", "lists");

export function listFile(name: string): string {
  return join(FOLDER, name);
}

/** Name and note; the note is empty where there is none. */
export function parseList(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [name = "", note = ""] = line.split("\t");
      return [name.trim(), note.trim()];
    }),
  );
}

export function readList(name: string): ReadonlyMap<string, string> {
  return parseList(readFileSync(listFile(name), "utf8"));
}

export interface Judgement {
  /** In the list and run, but not passed: the run fails. */
  readonly lost: readonly SpecResult[];
  /** In the list and not run, though asked for. */
  readonly missing: readonly string[];
  /** Passed and not yet in the list. */
  readonly won: readonly string[];
}

/** `asked`: names that this run should have run. */
export function judge(
  results: readonly SpecResult[],
  mustPass: ReadonlySet<string>,
  asked: (name: string) => boolean,
): Judgement {
  const ran = new Set(results.map(({ name }) => name));
  return {
    lost: results.filter(({ name, state }) => mustPass.has(name) && state !== "passed"),
    missing: [...mustPass].filter((name) => asked(name) && !ran.has(name)),
    won: results.filter(({ name, state }) => state === "passed" && !mustPass.has(name)).map(({ name }) => name),
  };
}

/** A list only grows: names are added in order, none goes. Notes and comments stay. */
export function grown(text: string, names: readonly string[]): string {
  const comments = text.split("\n").filter((line) => line.startsWith("#"));
  const entries = parseList(text);
  const all = new Map([...entries, ...names.filter((name) => !entries.has(name)).map((name) => [name, ""] as const)]);
  const lines = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...comments, ...lines.map(([name, note]) => (note === "" ? name : `${name}\t${note}`)), ""].join("\n");
}

export function growList(name: string, names: readonly string[]): void {
  const file = listFile(name);
  writeFileSync(file, grown(readFileSync(file, "utf8"), names));
}
