import { expect } from "chai";
import { deserveSecondLook, faultsOf, redIn, type SuiteReport, type SuiteResult } from "./second-look.js";

const PASSED = result("GET-01/known", "pass");
const LATE = result("STOP-04/grace", "fail", "late");

describe("a second look at what is red", () => {
  it("is not for what passed, does not apply or was left out", () => {
    const results = [PASSED, result("A-1/a", "not-applicable"), result("A-1/b", "skipped")];
    expect(redIn(reportOf(results))).to.be.empty;
    expect(deserveSecondLook([])).to.equal(false);
  });

  it("is for three failed checks, not for four", () => {
    const red = redIn(reportOf([LATE, PASSED, LATE, LATE]));
    expect(deserveSecondLook(red)).to.equal(true);
    expect(deserveSecondLook([...red, LATE])).to.equal(false);
  });

  it("is not for a crash, a rule over the whole run, or a check that was not judged", () => {
    const others = [
      result("STOP-04/grace", "fail", "crash"),
      result("OBS-03/monitor", "fail", "order"),
      result("LOGS-01/tail", "harness-error"),
      result("LOGS-01/tail", "not-run"),
      result("LOGS-01/tail", "not-testable"),
    ];
    for (const other of others) expect(deserveSecondLook([LATE, other]), other.outcome).to.equal(false);
  });

  it("leaves a run without fault where nothing stayed red, and what was seen green then counts as passed", () => {
    const report = reportOf([PASSED, LATE]);
    expect(faultsOf(report, [], 2)).to.be.empty;
    expect(faultsOf(report, [], 3)).to.deep.equal(["only 2 checks passed, there must be 3"]);
  });

  it("tells what stayed red first, by id, code and reason", () => {
    const report = { ...reportOf([PASSED, LATE]), leaks: [{ uid: "u1", check: "GET-01/x", message: "it runs" }] };
    expect(faultsOf(report, [LATE], 1)).to.deep.equal([
      "red: STOP-04/grace late: it is so",
      "left behind: pod u1 of GET-01/x: it runs",
    ]);
  });
});

function result(id: string, outcome: string, code = ""): SuiteResult {
  return { id, outcome, code, message: "it is so\nand more" };
}

function reportOf(results: readonly SuiteResult[]): SuiteReport {
  const groups = Map.groupBy(results, ({ outcome }) => outcome);
  const counts = Object.fromEntries([...groups].map(([outcome, same]) => [outcome, same.length]));
  return { verdict: "non-conformant", counts, leaks: [], results };
}
