import { expect } from "chai";
import {
  addQuantities,
  binaryQuantity,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliUnits,
  parseQuantity,
  quantity,
  wholeUnits,
} from "./quantity.js";

describe("quantities", () => {
  const spellings: readonly (readonly [string, string])[] = [
    ["1000m", "1"],
    ["0.5", "500m"],
    ["1.5", "1500m"],
    ["1500m", "1500m"],
    ["1024Mi", "1Gi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["100Ki", "100Ki"],
    ["512", "512"],
    ["1000000", "1M"],
    ["1e3", "1e3"],
    ["12E", "12E"],
    ["0", "0"],
    ["-2", "-2"],
    ["100n", "100n"],
    ["0.5Ki", "512"],
    ["16384Pi", "16Ei"],
    [".5", "500m"],
  ];
  for (const [written, canonical] of spellings) {
    it(`spells ${written} as ${canonical}`, () => {
      expect(canonicalQuantity(written)).to.equal(canonical);
    });
  }

  it("knows what is no quantity", () => {
    for (const text of ["", "m", "1x", "1 Gi", "1..2", "Gi"]) expect(parseQuantity(text), text).to.equal(undefined);
  });

  it("compares by value, not by spelling", () => {
    expect(compareQuantities("1", "1000m")).to.equal(0);
    expect(compareQuantities("1Gi", "1G")).to.equal(1);
    expect(compareQuantities(undefined, "1n")).to.equal(-1);
  });

  it("stays exact where floating point does not", () => {
    expect(formatQuantity(addQuantities(quantity("9007199254740993"), quantity("2")))).to.equal("9007199254740995");
    expect(formatQuantity(addQuantities(quantity("100m"), quantity("200m")))).to.equal("300m");
  });

  it("keeps the first one's format in a sum", () => {
    expect(formatQuantity(addQuantities(quantity("64Mi"), quantity("64Mi")))).to.equal("128Mi");
    expect(formatQuantity(addQuantities(quantity("0"), quantity("1Gi")))).to.equal("1Gi");
  });

  it("rounds up to whole and thousandth units", () => {
    expect(wholeUnits(quantity("1500m"))).to.equal(2n);
    expect(milliUnits(quantity("1500u"))).to.equal(2n);
  });

  it("are spelt in binary units where a machine says them in bytes", () => {
    const spelt = ["67108864", "100", "33554433", "48Mi", "x"].map(binaryQuantity);
    expect(spelt).to.deep.equal(["64Mi", "100", "33554433", "48Mi", "x"]);
  });
});
