import { expect } from "chai";
import type { ApiRequest } from "../audit-log.js";
import { UsageError } from "../options.js";
import { readBudgetOptions } from "./options.js";
import { toTable } from "./report.js";
import { outOfOrder, toFigures } from "./service.js";

function asked(what: string, name: string, at: number, code = 200): ApiRequest {
  return { id: `${what} ${name} ${at}`, what, name, at, doneAt: at, code };
}

const REQUESTS = [
  asked("update leases", "n", 500),
  asked("patch pods/status", "ends-5-0", 900), // before the moment
  asked("patch pods/status", "ends-5-0", 1_500),
  asked("delete pods", "ends-5-0", 2_500),
  asked("patch pods/status", "starts-5-0", 2_000, 429), // refused
  asked("patch pods/status", "starts-5-0", 3_000),
  asked("patch pods/status", "changes-5-0", 4_000),
  asked("get pods", "starts-5-0", 4_100),
  asked("create events", "e", 5_000),
  asked("update leases", "n", 10_500),
];

describe("the order of service", () => {
  it("counts from the moment what was done for the pods, by what it is for", () => {
    const figures = toFigures(REQUESTS, 1_000, 5);
    expect(figures.services).to.deep.equal([
      { of: "end", count: 2, half: 0.5, all: 1.5 },
      { of: "start", count: 1, half: 2, all: 2 },
      { of: "seen", count: 1, half: 3, all: 3 },
      { of: "events", count: 1, half: 4, all: 4 },
    ]);
    expect(figures.leaseGap).to.equal(10);
    expect(outOfOrder(figures)).to.deep.equal([]);
    expect(toTable([figures])[1]).to.equal("     5  ends               2    0.50 s    1.50 s");
  });

  it("tells which class came after one of less importance", () => {
    const late = [...REQUESTS, ...[8_000, 9_000].map((at) => asked("patch pods/status", "starts-5-1", at))];
    expect(outOfOrder(toFigures(late, 1_000, 5))).to.deep.equal(["start after seen"]);
  });

  it("is measured for the budgets and pods of the flags", () => {
    expect(readBudgetOptions([])).to.deep.equal({ budgets: [5, 50, 500] });
    expect(readBudgetOptions(["--budgets", "7,70", "--pods", "3"])).to.deep.equal({ budgets: [7, 70], pods: 3 });
    expect(() => readBudgetOptions(["--budgets", "0"])).to.throw(UsageError, "--budgets must be a whole number from 1");
  });
});
