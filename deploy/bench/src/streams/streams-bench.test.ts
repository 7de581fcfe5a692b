import { expect } from "chai";
import { requireControlPlane } from "@outboard/devcluster";
import type { StreamFigures, TargetFigures } from "./figures.js";
import { runStreamsBench } from "./streams-bench.js";

/** Counts only: times depend on what else the machine does. */
describe("the bench of streams on a real control plane", function () {
  let figures: StreamFigures;

  before(async function () {
    await requireControlPlane(this);
    this.timeout(120_000);
    const options = { rounds: 1, mebibytes: 1, starts: 2, sessions: 3, oneCore: false };
    figures = await runStreamsBench(options, { report: () => {}, signal: AbortSignal.timeout(110_000) });
  });

  function target(name: string): TargetFigures {
    const found = figures.targets.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no target ${name}`);
    return found;
  }

  it("started every command, alone and fifty at once", () => {
    for (const { startsOne, startsFifty } of figures.targets) {
      expect(startsOne.firstOutputMs.count).to.equal(2);
      expect(startsFifty.firstOutputMs.count).to.equal(50);
    }
  });

  it("measured every load where commands run, and those without a shell on the memory provider", () => {
    const shell = ["exec-output", "exec-input", "forward-echo", "logs", "live-logs"];
    expect(Object.keys(target("process provider").rates)).to.deep.equal(shell);
    expect(Object.keys(target("memory provider").rates)).to.deep.equal(["exec-output", "forward-echo", "logs"]);
  });

  it("held the sessions that it was asked for", () => {
    for (const { idle } of figures.targets) expect(idle.sessions).to.equal(3);
  });

  it("compares nothing without a kubelet", () => {
    expect(figures).to.not.have.property("comparison");
  });
});
