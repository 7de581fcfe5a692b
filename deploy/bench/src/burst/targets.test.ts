import { expect } from "chai";
import { judge, type Verdict } from "./targets.js";
import { turnOf } from "./testing/turns.js";

function verdict(verdicts: readonly Verdict[], what: string): Verdict {
  const found = verdicts.find((each) => each.what.startsWith(what));
  if (found === undefined) throw new Error(`no verdict on ${what}`);
  return found;
}

describe("the verdicts of a burst", () => {
  it("are ratios of ours by the peer's, met at the aim itself", () => {
    const verdicts = judge([
      turnOf("outboard", { perSecond: 200, p99: 400, cpuMs: 300, deleteSeconds: 9 }),
      turnOf("lifted", { perSecond: 200, p99: 800, cpuMs: 200, deleteSeconds: 30 }),
    ]);
    expect(verdict(verdicts, "pods/s, to lifted")).to.include({ value: 1, isMet: true, of: "200 / 200" });
    expect(verdict(verdicts, "created to Running, p99")).to.include({ value: 0.5, isMet: true });
    expect(verdict(verdicts, "gateway CPU")).to.include({ value: 1.5, isMet: false, of: "3.00 / 2.00" });
    expect(verdict(verdicts, "delete until all gone, s, to lifted")).to.include({ value: 0.3, isMet: true });
  });

  it("leave out peers that took no part", () => {
    const whats = judge([turnOf("outboard"), turnOf("floor", { perSecond: 300 })]).map(({ what }) => what);
    expect(whats).to.include("pods/s, to floor");
    expect(whats.filter((what) => /lifted|stock/.test(what))).to.deep.equal([]);
  });

  it("are of the median of the rounds", () => {
    const ours = [100, 500, 120].map((perSecond, index) => turnOf("outboard", { perSecond, round: index + 1 }));
    const verdicts = judge([...ours, turnOf("floor", { perSecond: 240 })]);
    expect(verdict(verdicts, "pods/s, to floor")).to.include({ value: 0.5, isMet: false });
  });

  it("count requests without events, and memory in millions of bytes", () => {
    const verdicts = judge([turnOf("outboard", { pods: 1000, peakMiB: 98, statusWrites: 1200 })]);
    expect(verdict(verdicts, "API requests per pod")).to.include({ value: 3.2, isMet: false });
    const memory = verdict(verdicts, "gateway's peak memory");
    expect(memory.value).to.be.closeTo(102.76, 0.01);
    expect(memory).to.include({ aim: "≤ 102", isMet: false });
  });

  it("bound the seconds of a delete for small bursts only", () => {
    const seconds = (pods: number): Verdict[] =>
      judge([turnOf("outboard", { pods, deleteSeconds: 1.9 })]).filter(
        ({ what }) => what === "delete until all gone, s",
      );
    expect(seconds(100)).to.have.length(1);
    expect(seconds(100)[0]).to.include({ isMet: true, aim: "≤ 2" });
    expect(seconds(300)).to.deep.equal([]);
  });
});
