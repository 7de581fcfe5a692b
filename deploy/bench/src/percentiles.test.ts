import { expect } from "chai";
import { percentile, spreadOf } from "./percentiles.js";

describe("percentile", () => {
  it("answers a measured value by nearest rank, whatever the order", () => {
    expect(percentile([30, 10, 20, 40], 50)).to.equal(20);
    expect(percentile([3, 1, 2], 50)).to.equal(2);
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(hundred, 99)).to.equal(99);
    expect(percentile(hundred, 100)).to.equal(100);
  });

  it("answers the one value there is, and not a number without any", () => {
    expect(percentile([7], 1)).to.equal(7);
    expect(percentile([7], 99)).to.equal(7);
    expect(percentile([], 50)).to.be.NaN;
  });

  it("leaves the measured values as they are", () => {
    const values = [3, 1, 2];
    expect(spreadOf(values)).to.deep.equal({ count: 3, p50: 2, p99: 3, max: 3 });
    expect(values).to.deep.equal([3, 1, 2]);
  });
});
