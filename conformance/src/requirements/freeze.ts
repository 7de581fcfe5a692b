/** Freezes what the suite judges now as a requirement set: a file and a line in SHA256SUMS beside it. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeSet, readSet, type RequirementSet, setNames, setProblems, SETS_FOLDER } from "./set.js";

const SUMS = "SHA256SUMS";

/** Writes the set. @throws Error where the name is no version, or is frozen already */
export function freeze(name: string, folder: string = SETS_FOLDER): RequirementSet {
  if (!/^\d+\.\d+$/.test(name)) throw new Error(`"${name}" must be a version like 1.0`);
  const names = setNames(folder);
  if (names.includes(name)) throw new Error(`set ${name} is frozen already and never changes; freeze the next one`);
  const set = makeSet(name);
  mkdirSync(folder, { recursive: true });
  const text = `${JSON.stringify(set, undefined, 2)}\n`;
  writeFileSync(path.join(folder, `${name}.json`), text);
  const sums = path.join(folder, SUMS);
  const before = existsSync(sums) ? readFileSync(sums, "utf8") : "";
  writeFileSync(sums, `${before}${sum(text)}  ${name}.json\n`);
  return set;
}

/** What is wrong with the frozen sets of a folder: changed files, and what the suite no longer does. */
export function frozenProblems(folder: string = SETS_FOLDER): readonly string[] {
  const sums = path.join(folder, SUMS);
  const lines = existsSync(sums) ? readFileSync(sums, "utf8").trim().split("\n") : [];
  const known = new Map(lines.map((line) => line.split("  ").toReversed() as [string, string]));
  const changed = setNames(folder).filter(
    (name) => known.get(`${name}.json`) !== sum(readFileSync(path.join(folder, `${name}.json`), "utf8")),
  );
  const gone = [...known.keys()].filter((file) => !setNames(folder).includes(file.replace(/\.json$/, "")));
  return [
    ...changed.map((name) => `${name}: the frozen file was changed`),
    ...gone.map((file) => `${file}: the frozen file is gone`),
    ...setNames(folder)
      .filter((name) => !changed.includes(name))
      .flatMap((name) => setProblems(readSet(name, folder)).map((problem) => `${name}: ${problem}`)),
  ];
}

function sum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
