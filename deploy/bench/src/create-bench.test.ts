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

  /** Requests that were answered: the Node authorizer refuses some for a moment, and they are made again. */
  function answered(name: PhaseFigures["name"], what: string): number {
    const { requests, refused } = phase(name);
    const codes = Object.entries(refused).filter(([kind]) => kind.startsWith(`${what} `));
    return codes.reduce((rest, [, count]) => rest - count, requests[what] ?? 0);
  }

  it("counted one status write for each pod that starts, or two, and the same for each that ends", () => {
    expect(answered("create", "patch pods/status")).to.be.within(PODS, 2 * PODS);
    expect(answered("delete", "patch pods/status")).to.be.within(PODS, 2 * PODS);
  });

  it("counted one token and one final delete for each pod, and no reads of single pods", () => {
    expect(answered("create", "create serviceaccounts/token")).to.equal(PODS);
    expect(answered("delete", "delete pods")).to.equal(PODS);
    expect(phase("create").requests).to.not.have.property("get pods");
    expect(phase("delete").requests).to.not.have.property("get pods");
  });

  it("saw nothing refused but reads for pods that the Node authorizer did not know yet", () => {
    const refused = figures.phases.flatMap((each) => Object.keys(each.refused));
    for (const kind of refused)
      expect(kind).to.match(/^(create serviceaccounts\/token|(get|list|watch) configmaps) (403|404)$/);
  });

  it("saw no request about pods while the node was idle", () => {
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
