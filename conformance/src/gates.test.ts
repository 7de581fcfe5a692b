import { expect } from "chai";
import { CHECKS } from "./checks/index.js";
import { OPEN_CLAUSES, OPEN_MUTANTS } from "./clauses/open.js";
import { CLAUSES, clauseOf, isJudged } from "./clauses/registry.js";
import { MUTANTS } from "./selftest/mutants.js";
import { MONITORED } from "./suite/monitors.js";

const judged = CLAUSES.filter(isJudged).map(({ id }) => id);
const checked = new Set<string>([...CHECKS.map(({ clause }) => clause), ...MONITORED]);
const falsified = new Set<string>(MUTANTS.map(({ clause }) => clause));

describe("gates of the registry", () => {
  it("every observable MUST has a check, or stands among the open ones with a reason", () => {
    const open = judged.filter((id) => !checked.has(id)).sort();
    expect(open).to.deep.equal(Object.keys(OPEN_CLAUSES).sort());
  });

  it("every checked MUST has a mutant, or stands among the open ones", () => {
    const open = judged.filter((id) => checked.has(id) && !falsified.has(id)).sort();
    expect(open).to.deep.equal([...OPEN_MUTANTS].sort());
  });

  it("checks and mutants name clauses that exist, and their ids are unique", () => {
    const named = [...CHECKS, ...MUTANTS];
    expect(named.filter(({ clause }) => clauseOf(clause) === undefined)).to.deep.equal([]);
    expect(new Set(named.map(({ id }) => id)).size).to.equal(named.length);
  });

  it("a mutant's driving checks exist", () => {
    const ids = new Set<string>(CHECKS.map(({ id }) => id));
    expect(MUTANTS.flatMap(({ drive }) => drive).filter((id) => !ids.has(id))).to.deep.equal([]);
  });

  it("what nobody can see has a reason", () => {
    const silent = CLAUSES.filter(
      ({ observe, party, why }) => observe === "unobservable" && party === "provider" && why === undefined,
    );
    expect(silent).to.deep.equal([]);
  });
});
