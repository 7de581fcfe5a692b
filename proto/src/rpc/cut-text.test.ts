import { expect } from "chai";
import { cutText } from "./cut-text.js";

describe("cutText", () => {
  it("leaves a text within the limit alone", () => {
    expect(cutText("é".repeat(5), 10)).to.equal("é".repeat(5));
  });

  it("cuts between characters and stays within the limit", () => {
    for (let limit = 3; limit < 40; limit += 1) {
      const cut = cutText("aé€😀".repeat(4), limit);
      expect(Buffer.byteLength(cut)).to.be.at.most(limit);
      expect(cut).to.match(/^[aé€😀]*…?$/u);
    }
  });
});
