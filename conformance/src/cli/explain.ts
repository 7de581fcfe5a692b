/** `explain`: everything about one clause, or all of them as the page of clauses. */
import { CHECKS } from "../checks/index.js";
import type { Clause } from "../clauses/clause.js";
import { clausesPage } from "../clauses/page.js";
import { CLAUSES, clauseOf } from "../clauses/registry.js";
import { readSet, setNames } from "../requirements/set.js";
import { MUTANTS } from "../selftest/mutants.js";
import { MONITORED } from "../suite/monitors.js";
import { EXIT, type ExitCode } from "../suite/outcome.js";
import { UsageError } from "./arguments.js";
import type { Context } from "./context.js";
import { didYouMean } from "./nearest.js";
import { readWords } from "./words.js";

/** Runs it. */
export function explainCommand(argv: readonly string[], { print }: Context): ExitCode {
  const { words, switches } = readWords(argv, { name: "explain", switches: ["all", "markdown"], most: 1 });
  const [id] = words;
  if (switches.has("all")) {
    if (id !== undefined) throw new UsageError("explain: say either a clause or --all");
    print(switches.has("markdown") ? clausesPage().trimEnd() : CLAUSES.map(explain).join("\n\n"));
    return EXIT.ok;
  }
  if (switches.has("markdown")) throw new UsageError("explain: --markdown goes with --all");
  const clause = id === undefined ? undefined : clauseOf(id);
  if (clause === undefined) {
    const hint = didYouMean(
      id ?? "",
      CLAUSES.map((each) => each.id),
    );
    throw new UsageError(`explain: there is no clause "${id ?? ""}"${hint} (see list)`);
  }
  print(explain(clause));
  return EXIT.ok;
}

function explain(clause: Clause): string {
  const checks = CHECKS.filter((each) => each.clause === clause.id);
  const mutants = MUTANTS.filter((each) => each.clause === clause.id);
  const sets = setNames().filter((name) => readSet(name).clauses.some(({ id }) => id === clause.id));
  return [
    `${clause.id}  ${clause.level}, for the ${clause.party}`,
    clause.text,
    ...(clause.capability === undefined ? [] : [`with capability ${clause.capability}`]),
    ...(clause.feature === undefined ? [] : [`with feature ${clause.feature}`]),
    ...(clause.limitMs === undefined ? [] : [`limit: ${clause.limitMs} ms`]),
    ...(clause.codes === undefined ? [] : [`refused with: ${clause.codes.join(" or ")}`]),
    `seen: ${clause.observe}${clause.why === undefined ? "" : ` (${clause.why})`}`,
    ...(sets.length === 0 ? [] : [`in the requirement sets ${sets.join(", ")}`]),
    ...checks.map(({ id, title }) => `check   ${id}: ${title}`),
    ...(MONITORED.some((each) => each === clause.id)
      ? [`check   ${clause.id}/monitor: over all traffic of a run`]
      : []),
    ...mutants.map(({ id, fault }) => `mutant  ${id}: ${fault}`),
  ].join("\n");
}
