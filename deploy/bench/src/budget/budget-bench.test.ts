import { expect } from "chai";
import { requireControlPlane } from "@outboard/devcluster";
import { runBudgetBench } from "./budget-bench.js";
import { toTable } from "./report.js";
import { type BudgetFigures, outOfOrder } from "./service.js";

const PODS = 10;

/** Order and counts only: times depend on what else the machine does. */
describe("the bench of budgets on a real control plane", function () {
  let figures: BudgetFigures | undefined;

  before(async function () {
    await requireControlPlane(this);
    this.timeout(180_000);
    const signal = AbortSignal.timeout(170_000);
    [figures] = await runBudgetBench({ budgets: [5], pods: PODS }, { report: () => {}, signal });
  });

  it("saw ends before starts before what is cosmetic before events", () => {
    expect(figures && outOfOrder(figures), toTable(figures ? [figures] : []).join("\n")).to.deep.equal([]);
  });

  it("saw all of them, and the lease never late", () => {
    const counts = Object.fromEntries(figures?.services.map(({ of, count }) => [of, count]) ?? []);
    expect(counts["end"]).to.be.within(2 * PODS, 3 * PODS);
    expect(counts["start"]).to.be.within(PODS, 2 * PODS);
    expect(counts["seen"]).to.equal(PODS);
    expect(counts["events"]).to.be.at.least(3 * PODS);
    expect(figures?.leaseGap).to.be.within(1, 12);
  });
});
