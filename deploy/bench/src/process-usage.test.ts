import { expect } from "chai";
import { parseCpuTicks, parseKiB, readUsage } from "./process-usage.js";

const STATUS = "Name:\tnode\nVmPeak:\t 1234567 kB\nVmHWM:\t   98304 kB\nVmRSS:\t   65536 kB\nThreads:\t11\n";

describe("process usage", () => {
  it("adds user and system time, whatever the program is called", () => {
    const rest = "S 1 42 42 0 -1 4194304 100 200 3 4 150 50 7 8 20 0 11 0 12345 1000000 500";
    expect(parseCpuTicks(`42 (node) ${rest}`)).to.equal(200);
    expect(parseCpuTicks(`42 (a) b (c 1) ${rest}`)).to.equal(200);
  });

  it("refuses a text without CPU times", () => {
    expect(() => parseCpuTicks("42 (node) S 1 2")).to.throw("no CPU times");
  });

  it("reads sizes by their name", () => {
    expect(parseKiB(STATUS, "VmHWM")).to.equal(98_304);
    expect(parseKiB(STATUS, "VmRSS")).to.equal(65_536);
    expect(() => parseKiB(STATUS, "VmSwap")).to.throw("no VmSwap");
  });

  it("sees this very process", function () {
    if (process.platform !== "linux") this.skip();
    const { rssMiB, peakRssMiB, cpuSeconds } = readUsage(process.pid);
    const own = process.cpuUsage();
    expect(cpuSeconds).to.be.closeTo((own.user + own.system) / 1e6, 0.2);
    expect(rssMiB).to.be.greaterThan(20);
    expect(peakRssMiB).to.be.at.least(rssMiB);
  });
});
