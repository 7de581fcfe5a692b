import { FEATURES } from "@outboard/contract";
import { expect } from "chai";
import { CHECKS } from "./checks/index.js";
import { DECLARED_ONLY } from "./clauses/declared-only.js";
import { CLAUSES, clauseOf, isJudged } from "./clauses/registry.js";
import { MUTANTS } from "./selftest/mutants.js";
import { MONITORED } from "./suite/monitors.js";

const judged = CLAUSES.filter(isJudged).map(({ id }) => id);
const checked = new Set<string>([...CHECKS.map(({ clause }) => clause), ...MONITORED]);
const falsified = new Set<string>(MUTANTS.map(({ clause }) => clause));

/** What a pod must not do that does not ask for the feature. */
const WITHOUT_THE_FEATURE = ["FEAT-06/never"];

describe("gates of the registry", () => {
  it("every observable MUST has a check", () => {
    expect(judged.filter((id) => !checked.has(id))).to.deep.equal([]);
  });

  it("every observable MUST has a mutant", () => {
    expect(judged.filter((id) => !falsified.has(id))).to.deep.equal([]);
  });

  it("a feature has a clause of its own, or a reason why it can only be declared", () => {
    const declaredOnly = FEATURES.filter(({ check }) => check === "").map(({ id }) => id);
    expect(Object.keys(DECLARED_ONLY).sort()).to.deep.equal(declaredOnly.sort());
  });

  it("a clause of a feature is tried with the feature declared", () => {
    const untied = CHECKS.filter(({ clause, needs }) => {
      const feature = clauseOf(clause)?.area === "FEAT" ? clauseOf(clause)?.feature : undefined;
      return feature !== undefined && !needs.includes(`feature:${feature}`);
    });
    expect(untied.map(({ id }) => id)).to.deep.equal([...WITHOUT_THE_FEATURE]);
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
