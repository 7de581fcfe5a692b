// What is known to be equal to the recorded kubelet, in lists/golden-equal.txt: a line per case, "CASE<TAB>LEVEL,LEVEL". A run
// that is judged by it fails for each level that is not equal any more, and for each broken invariant; the list only grows.

import { readFileSync, writeFileSync } from "node:fs";
import { listFile, parseList } from "../foreign/lists.js";
import { type Level, LEVELS } from "./compare.js";
import type { CaseOutcome, Outcomes } from "./report.js";

export type Expected = ReadonlyMap<string, ReadonlySet<Level>>;

const LIST = "golden-equal.txt";

export function readExpected(): Expected {
  return parseExpected(readFileSync(listFile(LIST), "utf8"));
}

/** @throws for a level that does not exist */
export function parseExpected(text: string): Expected {
  return new Map([...parseList(text)].map(([name, note]) => [name, new Set(note.split(",").map(toLevel))]));
}

function toLevel(word: string): Level {
  const level = LEVELS.find((name) => name === word);
  if (level === undefined) throw new Error(`${LIST}: "${word}" is no level; there are ${LEVELS.join(", ")}`);
  return level;
}

/** Cases that were played and are worse than the list says, each with what was lost. */
export function lostIn(expected: Expected, outcomes: Outcomes): ReadonlyMap<string, readonly string[]> {
  const losses = [...outcomes].map(([name, outcome]) => [name, lossOf(expected.get(name), outcome)] as const);
  return new Map(losses.filter(([, loss]) => loss.length > 0));
}

function lossOf(levels: ReadonlySet<Level> = new Set(), outcome: CaseOutcome): string[] {
  if (outcome.kind === "missing") return levels.size > 0 ? ["not observed"] : [];
  const { isEqual, broken } = outcome.comparison;
  return [...LEVELS.filter((level) => levels.has(level) && !isEqual[level]), ...broken];
}

/** The list's text with every level that was equal added. Comments and cases that were not played stay. */
export function grownText(text: string, outcomes: Outcomes): string {
  const comments = text.split("\n").filter((line) => line.startsWith("#"));
  const all = new Map<string, ReadonlySet<Level>>(parseExpected(text));
  for (const [name, outcome] of outcomes) {
    if (outcome.kind === "missing") continue;
    const levels = LEVELS.filter((level) => outcome.comparison.isEqual[level] || all.get(name)?.has(level) === true);
    if (levels.length > 0) all.set(name, new Set(levels));
  }
  const lines = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...comments, ...lines.map(([name, levels]) => `${name}\t${[...levels].join(",")}`), ""].join("\n");
}

export function growExpected(outcomes: Outcomes): void {
  const file = listFile(LIST);
  writeFileSync(file, grownText(readFileSync(file, "utf8"), outcomes));
}
