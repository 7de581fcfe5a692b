/** `diff`: two reports, or two requirement sets and what they mean for a provider. */
import { existsSync } from "node:fs";
import { DRAFT, readSet, type RequirementSet, setNames } from "../requirements/set.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { UsageError } from "./arguments.js";
import type { Context } from "./context.js";
import { readReport } from "./read-report.js";
import { readWords } from "./words.js";

/** Runs it. */
export function diffCommand(argv: readonly string[], { print }: Context): ExitCode {
  const { words, values } = readWords(argv, { name: "diff", values: ["against"], most: 2 });
  const [one, two] = words;
  if (one === undefined || two === undefined) throw new UsageError("diff: name two reports or two requirement sets");
  const isSet = (name: string) => [...setNames(), DRAFT].includes(name) && !existsSync(name);
  if (isSet(one) && isSet(two)) return diffSets(readSet(one), readSet(two), values.get("against"), print);
  if (values.has("against")) throw new UsageError("diff: --against goes with two requirement sets");
  return diffReports(one, two, print);
}

function diffReports(one: string, two: string, print: Context["print"]): ExitCode {
  const [before, after] = [readReport(one, "diff"), readReport(two, "diff")];
  const old = new Map(before.results.map(({ id, outcome }) => [id, outcome]));
  const now = new Map(after.results.map(({ id, outcome }) => [id, outcome]));
  for (const id of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const [was, is] = [old.get(id) ?? "absent", now.get(id) ?? "absent"];
    if (was !== is) print(`${id}: ${was} -> ${is}`);
  }
  const [from, to] = [before.requirements, after.requirements];
  if (from.digest !== to.digest) print(`requirements: ${from.set} -> ${to.set}`);
  print(`${before.verdict} -> ${after.verdict}`);
  return EXIT.ok;
}

// oxlint-disable-next-line max-params -- two sets, a report, and where text goes
function diffSets(
  one: RequirementSet,
  two: RequirementSet,
  against: string | undefined,
  print: Context["print"],
): ExitCode {
  const outcomes = new Map(
    (against === undefined ? [] : readReport(against, "--against").results).map(({ id, outcome }) => [id, outcome]),
  );
  const before = new Map(one.clauses.map((clause) => [clause.id, clause]));
  for (const { id, level, text, checks } of two.clauses) {
    const old = before.get(id);
    before.delete(id);
    if (old === undefined) print(`${id}: new, ${level}`);
    else if (old.level !== level) print(`${id}: ${old.level} -> ${level}`);
    if (old !== undefined && old.text !== text) print(`${id}: the text was changed`);
    for (const check of checks.filter((each) => old?.checks.includes(each) !== true)) {
      const outcome = against === undefined ? "" : ` (${outcomes.get(check) ?? "not in the report"})`;
      print(`  ${check}: new${outcome}`);
    }
  }
  for (const id of before.keys()) print(`${id}: gone`);
  print(`${one.set} -> ${two.set}: ${one.clauses.length} -> ${two.clauses.length} clauses`);
  return EXIT.ok;
}
