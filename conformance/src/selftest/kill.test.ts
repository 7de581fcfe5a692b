import { expect } from "chai";
import type { Result } from "../suite/outcome.js";
import { judge } from "./kill.js";
import { mutant } from "./mutant.js";
import { scoreOf } from "./score.js";

const MUTANT = mutant(
  "GET-01",
  "accepted",
  "knows every pod",
  () =>
    (input, { next }) =>
      next(input),
);

const result = (clause: string, outcome: Result["outcome"], code = ""): Result => {
  const rest = { level: "MUST", title: "", message: "text", durationMs: 1, trace: [], used: 0 } as const;
  return { id: `${clause}/a`, clause, outcome, code, ...rest };
};

describe("the verdict on a mutant", () => {
  it("is killed only by a check of its own clause with its own code", () => {
    const { outcome, cells, failed } = judge(
      MUTANT,
      [result("GET-01", "fail", "accepted"), result("GET-02", "fail", "missing"), result("GET-05", "pass")],
      true,
    );
    expect(outcome).to.equal("killed");
    expect(cells.map(({ said }) => said)).to.deep.equal(["own", "collateral", "passed"]);
    expect(failed).to.deep.equal(["GET-01/a (accepted) text", "GET-02/a (missing) text"]);
  });

  it("is another reason where the clause or the code is another", () => {
    expect(judge(MUTANT, [result("GET-01", "fail", "late")], true).outcome).to.equal("wrong-reason");
    expect(judge(MUTANT, [result("GET-02", "fail", "accepted")], true).outcome).to.equal("wrong-reason");
  });

  it("is an error of the suite, whatever else was seen", () => {
    const results = [result("GET-01", "fail", "accepted"), result("GET-02", "harness-error")];
    expect(judge(MUTANT, results, true).outcome).to.equal("harness-error");
  });

  it("is not applicable only where no check of the clause applies and none was left out", () => {
    const results = [result("GET-01", "not-applicable"), result("OBS-01", "pass")];
    expect(judge(MUTANT, results, true).outcome).to.equal("not-applicable");
    expect(judge(MUTANT, results, false).outcome).to.equal("survived");
    expect(judge(MUTANT, [result("OBS-01", "pass")], true).outcome).to.equal("survived");
  });
});

describe("the score", () => {
  const killed = judge(MUTANT, [result("GET-01", "fail", "accepted")], true);
  const variant = { variant: "V-01", text: "", outcome: "passed", failed: [], passed: 3 } as const;

  it("counts what applies, and is good when all of it is as it must be", () => {
    const untried = judge(MUTANT, [result("GET-01", "not-applicable")], true);
    const score = scoreOf({ kills: [killed, untried], acceptances: [variant] });
    expect(score).to.deep.equal({ text: "killed 1/1 (1 not applicable), variants passed 1/1", isGood: true });
  });

  it("is bad with a survivor, with a variant that was refused, and with nothing", () => {
    const survivor = judge(MUTANT, [result("GET-01", "pass")], true);
    expect(scoreOf({ kills: [killed, survivor], acceptances: [] }).isGood).to.equal(false);
    expect(scoreOf({ kills: [killed], acceptances: [{ ...variant, outcome: "refused" }] }).isGood).to.equal(false);
    expect(scoreOf({ kills: [], acceptances: [] }).isGood).to.equal(false);
  });
});
