import { expect } from "chai";
import { parseBytes, parseCpuMillis } from "./quantity.js";

describe("parseBytes", () => {
  for (const [text, bytes] of [
    ["64Mi", 67_108_864],
    ["1k", 1000],
    ["1.5Gi", 1_610_612_736],
    ["100", 100],
    ["1e3", 1000],
    ["1E3", 1000],
    ["1E", 1e18],
    ["1500m", 2],
    ["1x", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${text} as ${bytes}`, () => expect(parseBytes(text)).to.equal(bytes));
  }
});

describe("parseCpuMillis", () => {
  for (const [text, millis] of [
    ["500m", 500],
    ["2", 2000],
    ["0.1", 100],
    ["1.1", 1100],
    ["100u", 1],
    ["0", 0],
    ["half", undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${text} as ${millis}`, () => expect(parseCpuMillis(text)).to.equal(millis));
  }
});
