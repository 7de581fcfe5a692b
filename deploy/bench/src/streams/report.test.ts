import { expect } from "chai";
import { compare } from "./comparison.js";
import type { RateFigures, StreamFigures, TargetFigures } from "./figures.js";
import { toTable } from "./report.js";

const spread = (value: number): { count: number; p50: number; p99: number; max: number } => ({
  count: 1,
  p50: value,
  p99: value * 2,
  max: value * 2,
});

function target(name: string, scale: number, rates: TargetFigures["rates"]): TargetFigures {
  const starts = { firstOutputMs: spread(10 * scale), verdictMs: spread(11 * scale) };
  return { name, startsOne: starts, startsFifty: starts, rates, idle: { sessions: 5, frontKiB: 100 * scale } };
}

const rate = (perSecond: number, frontCpu: number): RateFigures => ({ perSecond, frontCpu });
const ours = target("process provider", 3, { "exec-output": rate(50e6, 8), logs: rate(3000, 2) });
const kubelet = target("kubelet", 2, { "exec-output": rate(100e6, 4) });
const machine = { cpus: 2, cpuModel: "some", node: "v24", load: [0, 1] } as const;
const alone: StreamFigures = { rounds: 1, mebibytes: 1, oneCore: false, targets: [ours], machine };

describe("streams beside a kubelet", () => {
  it("divides ours by the kubelet's, and leaves out what one of them lacks", () => {
    expect(compare(ours, kubelet)).to.deep.equal({
      ours: "process provider",
      kubelet: "kubelet",
      startsOneP50: 1.5,
      startsOneP99: 1.5,
      startsFiftyP50: 1.5,
      startsFiftyP99: 1.5,
      perSecond: { "exec-output": 0.5 },
      frontCpu: { "exec-output": 2 },
      idleFront: 1.5,
    });
  });

  it("says that there are no ratios when no kubelet took part", () => {
    const table = toTable(alone).join("\n");
    expect(table)
      .to.contain("no real kubelet took part")
      .and.to.not.match(/ratio$/m);
  });

  it("shows ratios in the last column, and a dash for what was not measured", () => {
    const table = toTable({ ...alone, targets: [ours, kubelet], comparison: compare(ours, kubelet) });
    expect(table.find((line) => line.startsWith("exec, output, MB/s"))).to.match(/ 50 +100 +0\.50$/);
    expect(table.find((line) => line.startsWith("logs -f, lines that are there"))).to.match(/ 3\.0 +-$/);
  });
});
