import { expect } from "chai";
import { below, type Evidence, ladderOf, ladderText } from "./ladder.js";

const run = (provider: string, ...clauses: readonly string[]): Evidence["runs"][number] => ({
  provider,
  results: clauses.map((clause) => ({ clause, outcome: "pass" })),
});

describe("the ladder of clauses", () => {
  it("has every clause that can be seen on its first two steps without any run", () => {
    const { steps } = ladderOf({ runs: [], kills: [] }).at(-1) ?? { steps: [] };
    expect(below(1, { runs: [], kills: [] })).to.deep.equal([]);
    expect(steps.slice(2)).to.deep.equal([0, 0, 0]);
    expect(steps[0]).to.equal(steps[1]).and.to.be.above(300);
  });

  it("counts a step only where the one before is reached", () => {
    const kills = [{ clause: "GET-01", outcome: "killed" } as const, { clause: "GET-02", outcome: "killed" } as const];
    const evidence: Evidence = { runs: [run("memory", "GET-01"), run("process", "GET-01", "GET-03")], kills };
    const get = ladderOf(evidence).find(({ area }) => area === "GET");
    expect(get?.steps).to.deep.equal([5, 5, 2, 1, 1]);
    expect(below(3, evidence)).to.include.members(["GET-02", "GET-03"]).and.not.include("GET-01");
  });

  it("wants two kinds of providers for the last step, and a kill by the clause's own code for the third", () => {
    const wrong = [{ clause: "GET-01", outcome: "wrong-reason" } as const];
    const twice = { runs: [run("memory", "GET-01"), run("memory", "GET-01")], kills: wrong };
    expect(ladderOf(twice).find(({ area }) => area === "GET")?.steps).to.deep.equal([5, 5, 1, 0, 0]);
    const killed = { ...twice, kills: [{ clause: "GET-01", outcome: "killed" } as const] };
    expect(ladderOf(killed).find(({ area }) => area === "GET")?.steps).to.deep.equal([5, 5, 1, 1, 0]);
  });

  it("is a table with a row of sums", () => {
    expect(ladderText({ runs: [], kills: [] }).split("\n").at(-1)).to.match(/^\| all \| 3\d\d \|/);
  });
});
