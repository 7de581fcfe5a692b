import { expect } from "chai";
import { requireControlPlane } from "@outboard/devcluster";
import { runCreateBench } from "./create-bench.js";
import type { Figures, PhaseFigures } from "./figures.js";

const PODS = 20;

/** Counts only: times depend on what else the machine does. */
describe("the bench of a small burst on a real control plane", function () {
  let figures: Figures;
  const lines: string[] = [];

  before(async function () {
    await requireControlPlane(this);
    this.timeout(120_000);
    const options = { pods: PODS, warmUpPods: 2, idleSeconds: 1 };
    const report = (line: string): void => void lines.push(line);
    figures = await runCreateBench(options, { report, signal: AbortSignal.timeout(110_000) });
  });

  function phase(name: PhaseFigures["name"]): PhaseFigures {
    const found = figures.phases.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no phase ${name}`);
    return found;
  }

  it("saw every pod come to Running, and every pod go", () => {
    expect(phase("create").podMs?.count).to.equal(PODS);
    expect(phase("delete").podMs?.count).to.equal(PODS);
  });

  it("counted at most two status writes for a pod that starts, and one for a pod that ends", () => {
    expect(phase("create").requests["patch pods/status"]).to.be.within(PODS, 2 * PODS);
    expect(phase("delete").requests["patch pods/status"]).to.equal(PODS);
  });

  it("counted one token and one final delete for each pod, and no reads of single pods", () => {
    expect(phase("create").requests["create serviceaccounts/token"]).to.equal(PODS);
    expect(phase("delete").requests["delete pods"]).to.equal(PODS);
    expect(phase("create").requests).to.not.have.property("get pods");
    expect(phase("delete").requests).to.not.have.property("get pods");
  });

  it("saw no request refused, and none about pods while the node was idle", () => {
    for (const name of ["create", "idle", "delete"] as const) expect(phase(name).refused).to.deep.equal({});
    expect(Object.keys(phase("idle").requests).filter((kind) => kind.includes("pods"))).to.deep.equal([]);
  });

  it("measured two real programs", () => {
    expect(phase("create").cpuMs.gateway).to.be.greaterThan(0);
    for (const { atStart, peak } of [figures.memoryMiB.gateway, figures.memoryMiB.provider])
      expect(peak).to.be.at.least(atStart).and.greaterThan(30);
  });

  it("told its progress", () => {
    expect(lines).to.include(`creating ${PODS} pods`).and.include(`deleting ${PODS} pods`);
  });
});
