import { expect } from "chai";
import { requireControlPlane } from "@outboard/devcluster";
import { runBurstBench } from "./burst-bench.js";
import type { BurstFigures, TurnFigures } from "./figures.js";
import { readBurstOptions } from "./options.js";
import { perPod } from "./requests.js";

const PODS = 10;
const SMALL = ["--pods", String(PODS), "--warm-up-pods", "2"];

async function run(words: readonly string[], signal: AbortSignal): Promise<BurstFigures> {
  return runBurstBench(readBurstOptions(words), { report: () => {}, signal });
}

/** Counts only: times depend on what else the machine does. */
describe("the bench of bursts on a real control plane", function () {
  before(async function () {
    await requireControlPlane(this);
  });

  describe("with ours and the floor in turn", () => {
    let figures: BurstFigures;

    before(async function () {
      this.timeout(300_000);
      figures = await run([...SMALL, "--peers", "floor"], AbortSignal.timeout(290_000));
    });

    function turn(name: TurnFigures["contender"]): TurnFigures {
      const found = figures.turns.find(({ contender }) => contender === name);
      if (found === undefined) throw new Error(`${name} took no turn`);
      return found;
    }

    it("saw every pod come and go, by both clocks", () => {
      for (const { create, remove } of figures.turns) {
        expect(create.podMs?.count).to.equal(PODS);
        expect(create.audit?.podMs.count).to.equal(PODS);
        expect(create.curve.at(-1)?.[1]).to.equal(PODS);
        expect(remove.podMs?.count).to.equal(PODS);
      }
    });

    it("saw the floor do the least: two writes and a delete for each pod, and nothing refused", () => {
      const { create, remove } = turn("floor");
      expect(create.requests["patch pods/status"]).to.equal(PODS);
      expect(remove.requests["patch pods/status"]).to.equal(PODS);
      expect(remove.requests["delete pods"]).to.equal(PODS);
      expect(perPod([create, remove], PODS)).to.equal(3);
      expect([create.refused, remove.refused]).to.deep.equal([{}, {}]);
    });

    it("counted ours, its provider and its event loop", () => {
      const { create, remove, memoryMiB, loopDelay } = turn("outboard");
      expect(perPod([create, remove], PODS)).to.be.within(3, 6);
      expect(create.requests).to.not.have.property("create serviceaccounts/token");
      expect(memoryMiB.provider?.peak).to.be.greaterThan(30);
      expect(loopDelay?.maxMs).to.be.greaterThan(0);
    });
  });

  describe("with ours alone, and a gateway killed", () => {
    let figures: BurstFigures;

    before(async function () {
      this.timeout(300_000);
      figures = await run(["--sizes", String(PODS), "--warm-up-pods", "2"], AbortSignal.timeout(290_000));
    });

    it("asked the kubelet port for its long answers", () => {
      const { port = [] } = figures.turns[0] ?? {};
      expect(port.map(({ path }) => path)).to.include.members(["/pods", "/metrics/resource"]);
      for (const { bytes } of port) expect(bytes).to.be.greaterThan(PODS * 100);
    });

    it("found every pod as it was, and the new gateway at work", () => {
      const { restart } = figures;
      expect(restart).to.include({ pods: PODS, recreated: 0, rewritten: 0 });
      expect(restart?.newPodSeconds).to.be.greaterThan(0);
      expect(restart?.settledSeconds).to.be.at.least(restart?.readySeconds ?? Number.NaN);
    });
  });
});
