import { expect } from "chai";
import { CpuCounters } from "./cpu-counters.js";

const SECOND = 1_000_000_000n;

describe("CpuCounters", () => {
  /** Readings of one counter, in seconds; the rates in cores. */
  function ratesOf(readings: readonly (readonly [atSeconds: number, coreSeconds: number])[], startMs?: number) {
    const counters = new CpuCounters();
    return readings.map(([at, used]) => {
      const cpu = { timeMs: at * 1000, usageCoreNanoSeconds: BigInt(used * 1000) * (SECOND / 1000n) };
      const rate = counters.take("c", cpu, startMs).usageNanoCores;
      return rate === undefined ? undefined : Number(rate) / 1e9;
    });
  }

  it("knows a rate from the second reading on", () => {
    expect(
      ratesOf([
        [1000, 50],
        [1010, 55],
        [1020, 70],
      ]),
    ).to.deep.equal([undefined, 0.5, 1.5]);
  });

  it("takes the start of a young instance as a reading of zero", () => {
    expect(ratesOf([[1000, 30]], 940_000)).to.deep.equal([0.5]);
  });

  it("does not average over the life of an old one", () => {
    expect(
      ratesOf(
        [
          [1000, 30],
          [1010, 40],
        ],
        1,
      ),
    ).to.deep.equal([undefined, 1]);
  });

  it("keeps a window of ten seconds or more, however often it is asked", () => {
    const readings = Array.from({ length: 40 }, (_, second) => [1000 + second, second < 20 ? 0 : second - 20] as const);
    const rates = ratesOf(readings);
    expect(rates[15]).to.equal(0);
    expect(rates[21]).to.be.lessThan(0.15);
    expect(rates[39]).to.equal(1);
  });

  it("forgets readings older than two minutes instead of averaging over a pause", () => {
    expect(
      ratesOf([
        [1000, 0],
        [1010, 10],
        [5000, 10],
        [5010, 15],
      ]),
    ).to.deep.equal([undefined, 1, undefined, 0.5]);
  });

  it("gives no rate over less than a second, and none of the same reading twice", () => {
    expect(
      ratesOf([
        [1000, 50],
        [1000.5, 51],
        [1000, 50],
      ]),
    ).to.deep.equal([undefined, undefined, undefined]);
  });

  it("never steps back within one instance", () => {
    const counters = new CpuCounters();
    counters.take("c", { timeMs: 10_000, usageCoreNanoSeconds: 5n * SECOND }, 1);
    const later = counters.take("c", { timeMs: 20_000, usageCoreNanoSeconds: 4n * SECOND }, 1);
    expect(later).to.include({ timeMs: 20_000, usageCoreNanoSeconds: 5n * SECOND, usageNanoCores: 0n });
  });

  it("begins anew with another instance, told by its start or by a counter that fell", () => {
    const counters = new CpuCounters();
    const old = { timeMs: 10_000, usageCoreNanoSeconds: 5n * SECOND };
    const fresh = { timeMs: 20_000, usageCoreNanoSeconds: 1n * SECOND };
    counters.take("told", old, 1);
    expect(counters.take("told", fresh, 15_000)).to.deep.equal({ ...fresh, usageNanoCores: SECOND / 5n });
    counters.take("untold", old, undefined);
    expect(counters.take("untold", fresh, undefined)).to.deep.equal(fresh);
  });

  it("leaves the provider's own rate and figures without a counter as they are", () => {
    const counters = new CpuCounters();
    const rated = { timeMs: 10_000, usageNanoCores: 7n, usageCoreNanoSeconds: 5n };
    expect(counters.take("c", rated, 1)).to.deep.equal(rated);
    expect(counters.take("d", { timeMs: 1, usageNanoCores: 7n }, 1)).to.deep.equal({ timeMs: 1, usageNanoCores: 7n });
  });

  it("holds nothing of counters that are over", () => {
    const counters = new CpuCounters();
    for (const key of ["a", "b", "c"]) counters.take(key, { timeMs: 1, usageCoreNanoSeconds: 1n }, 1);
    counters.keepOnly(new Set(["b"]));
    expect(counters.size).to.equal(1);
  });
});
