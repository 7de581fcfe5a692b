import { expect } from "chai";
import { ratiosOf, seriesOf, type Turn } from "./figures.js";
import { toTable } from "./report.js";

const OURS: readonly Turn[] = [
  { pods: [{ ordered: 10, sandbox: 110, container: 150, running: 160 }], untilAllMs: 170 },
  { pods: [{ ordered: 20, sandbox: 140, container: 200, running: 240 }], untilAllMs: 250 },
  { pods: [{ ordered: 30, sandbox: 150, container: 230, running: 300 }], untilAllMs: 310 },
];
const BARE: readonly Turn[] = [
  { pods: [{ sandbox: 90, container: 100, running: 100 }], untilAllMs: 100 },
  { pods: [{ sandbox: 150, container: 200, running: 200 }], untilAllMs: 200 },
  { pods: [{ sandbox: 160, container: 240, running: 240 }], untilAllMs: 240 },
];

describe("figures of a series", () => {
  it("are spreads over the pods of all turns, and medians of what takes how long", () => {
    expect(seriesOf("outboard", OURS)).to.deep.equal({
      contender: "outboard",
      podMs: { count: 3, p50: 240, p99: 300, max: 300 },
      untilAllMs: 250,
      parts: { order: 20, sandbox: 120, container: 60, show: 40 },
    });
  });

  it("have no order and nothing to show where nobody stands between", () => {
    expect(seriesOf("api", BARE).parts).to.deep.equal({ order: 0, sandbox: 150, container: 50, show: 0 });
  });

  it("divide ours by each other, and by nothing where ours is not there", () => {
    const [ours, bare] = [seriesOf("outboard", OURS), seriesOf("api", BARE)];
    expect(ratiosOf([bare, ours])).to.deep.equal([{ by: "api", p50: 1.2, p99: 1.25, untilAll: 1.25 }]);
    expect(ratiosOf([bare])).to.deep.equal([]);
  });

  it("count requests for each pod, events apart, and none of the node's own", () => {
    const requests = { "patch pods/status": 5, "create events": 9, "delete pods": 3, "update leases": 7 };
    const counted = OURS.map((turn, index) => (index === 0 ? { ...turn, requests } : { ...turn, requests: {} }));
    const series = seriesOf("outboard", counted);
    expect(series.requests).to.deep.equal({ pods: 8 / 3, events: 3 });
    expect(seriesOf("api", BARE)).not.to.have.property("requests");
    const result = {
      runtime: "cri",
      version: "containerd 2",
      pods: 1,
      rounds: 3,
      series: [series],
      ratios: [],
    } as const;
    const machine = { cpus: 2, cpuModel: "any ", node: "v24", kubernetes: "v1.37", load: [0.5, 1.25] } as const;
    expect(toTable({ results: [result], machine }).at(-1)).to.equal(
      "outboard: 2.67 API requests per pod, create and delete, and 3.00 events",
    );
  });

  it("stand in a table that says whether the aim is met", () => {
    const series = [seriesOf("crictl", BARE), seriesOf("outboard", OURS)];
    const result = { runtime: "cri", version: "containerd 2", pods: 1, rounds: 3, series } as const;
    const machine = { cpus: 2, cpuModel: "any ", node: "v24", kubernetes: "v1.37", load: [0.5, 1.25] } as const;
    const table = toTable({ results: [{ ...result, ratios: ratiosOf(series) }], machine });
    expect(table.join("\n")).to.match(/cri \(containerd 2\), 1 at once, 3 rounds/);
    expect(table.join("\n")).to.match(/outboard {2,}240 +300 +250 +20 +120 +60 +40\n/);
    expect(table.at(-1)).to.match(/outboard \/ crictl +1\.20 +1\.25 +1\.25 +aim 1\.25: met$/);
    const slow = [{ by: "crictl", p50: 1, p99: 1.26, untilAll: 1 }] as const;
    expect(toTable({ results: [{ ...result, ratios: slow }], machine }).at(-1)).to.match(/aim 1\.25: missed$/);
  });
});
