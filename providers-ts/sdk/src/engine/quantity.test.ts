import { expect } from "chai";
import { parseBytes } from "./quantity.js";

describe("parseBytes", () => {
  for (const [text, bytes] of [
    ["64Mi", 67_108_864],
    ["1k", 1000],
    ["1.5Gi", 1_610_612_736],
    ["100", 100],
    ["1e3", 1000],
    ["1500m", 2],
    ["1x", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${text} as ${bytes}`, () => expect(parseBytes(text)).to.equal(bytes));
  }
});
