import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { temporaryFolder } from "../cli/testing/program.js";
import { result } from "../report/sample.js";
import { EXIT, exitCodeOf, verdictOf } from "../suite/outcome.js";
import { freeze, frozenProblems } from "./freeze.js";
import { clausesDigest, DRAFT, makeSet, readSet, type RequirementSet, scorer, setNames } from "./set.js";

describe("frozen requirement sets of this package", () => {
  it("are as they were frozen, and the suite still judges all of them", () => {
    expect(frozenProblems(), "a frozen set never changes: take the change back").to.deep.equal([]);
  });
});

describe("a requirement set", () => {
  /** A folder with set 1.0 frozen. */
  function frozen() {
    const folder = temporaryFolder();
    freeze("1.0", folder.path);
    const file = path.join(folder.path, "1.0.json");
    const change = (edit: (set: RequirementSet) => object) =>
      writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, "utf8")) as RequirementSet)));
    return { folder, change, [Symbol.dispose]: () => folder[Symbol.dispose]() };
  }

  it("has every clause that is judged, with its level and its checks", () => {
    const { clauses, digest } = makeSet(DRAFT);
    expect(clauses.find(({ id }) => id === "GET-01")).to.deep.include({ level: "MUST", checks: ["GET-01/unknown"] });
    expect(clauses.find(({ id }) => id === "OBS-03")?.checks).to.include("OBS-03/monitor");
    expect(clauses.filter(({ id }) => id.startsWith("GW-"))).to.deep.equal([]);
    expect(digest)
      .to.equal(clausesDigest(clauses))
      .and.match(/^[0-9a-f]{64}$/);
  });

  it("is the newest frozen one by default, the draft where none is, and any by name", () => {
    using empty = temporaryFolder();
    expect(readSet(undefined, empty.path).set).to.equal("draft");
    using sets = frozen();
    freeze("1.10", sets.folder.path);
    freeze("1.9", sets.folder.path);
    expect(setNames(sets.folder.path)).to.deep.equal(["1.0", "1.9", "1.10"]);
    expect(readSet(undefined, sets.folder.path).set).to.equal("1.10");
    expect(readSet("1.0", sets.folder.path).set).to.equal("1.0");
    expect(() => readSet("2.0", sets.folder.path)).to.throw("there is no set 2.0; there are 1.0, 1.9, 1.10, draft");
  });

  it("is never frozen twice", () => {
    using sets = frozen();
    expect(() => freeze("1.0", sets.folder.path)).to.throw("set 1.0 is frozen already and never changes");
    expect(() => freeze("one", sets.folder.path)).to.throw('"one" must be a version like 1.0');
  });

  it("that was edited is found, even with a new digest", () => {
    using sets = frozen();
    expect(frozenProblems(sets.folder.path)).to.deep.equal([]);
    sets.change((set) => ({ ...set, clauses: set.clauses.slice(1) }));
    expect(() => readSet("1.0", sets.folder.path)).to.throw("the frozen set 1.0 was changed: wrong digest");
    sets.change((set) => ({ ...set, digest: clausesDigest(set.clauses) }));
    expect(frozenProblems(sets.folder.path)).to.deep.equal(["1.0: the frozen file was changed"]);
  });

  it("that the suite no longer keeps is found: level, text, check, clause", () => {
    using sets = frozen();
    const { folder } = sets;
    const broken = makeSet("1.1").clauses.map((clause) => {
      if (clause.id === "GET-01") return { ...clause, level: "SHOULD" as const };
      if (clause.id === "GET-02") return { ...clause, text: "other" };
      if (clause.id === "GET-03") return { ...clause, checks: ["GET-03/gone"] };
      return clause.id === "GET-05" ? { ...clause, id: "GET-99" } : clause;
    });
    sets.change((set) => ({ ...set, digest: clausesDigest(broken), clauses: broken }));
    const sum = createSum(readFileSync(path.join(folder.path, "1.0.json"), "utf8"));
    writeFileSync(path.join(folder.path, "SHA256SUMS"), `${sum}  1.0.json\n`);
    expect(frozenProblems(folder.path)).to.have.members([
      "1.0: GET-01: the level was SHOULD, it is MUST",
      "1.0: GET-02: the text was changed",
      "1.0: GET-03/gone: the check is gone",
      "1.0: GET-99: the clause or its last check is gone",
    ]);
  });

  it("leaves newer checks unscored: they run, are reported, and change neither verdict nor exit code", () => {
    const clauses = makeSet("1.0").clauses.filter(({ id }) => id !== "GET-02");
    const score = scorer({ ...makeSet("1.0"), clauses });
    const results = [result("GET-01/unknown", "pass"), result("GET-02/answer", "fail", "missing")].map(score);
    expect(results.map(({ isProvisional }) => isProvisional)).to.deep.equal([undefined, true]);
    const verdict = verdictOf(
      results,
      results.map(({ id }) => id),
    );
    const standing = { verdict, results, staleBaseline: [], leaks: [], isInterrupted: false };
    expect([verdict, exitCodeOf(standing)]).to.deep.equal(["conformant", EXIT.ok]);
  });

  it("judges by its own level", () => {
    const set = makeSet("1.0");
    const softer = set.clauses.map((each) => (each.id === "GET-01" ? { ...each, level: "SHOULD" as const } : each));
    const results = [result("GET-01/unknown", "fail", "late"), result("GET-02/answer", "pass")].map(
      scorer({ ...set, clauses: softer }),
    );
    const verdict = verdictOf(results, ["GET-01/unknown", "GET-02/answer"]);
    expect(verdict).to.equal("conformant-with-warnings");
    const standing = { verdict, results, staleBaseline: [], leaks: [], isInterrupted: false };
    expect([exitCodeOf(standing), exitCodeOf({ ...standing, isStrict: true })]).to.deep.equal([0, 1]);
  });
});

function createSum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
