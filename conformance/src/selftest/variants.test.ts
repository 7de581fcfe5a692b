import { expect } from "chai";
import { VARIANTS } from "./variants.js";

describe("variants", () => {
  it("are the 26, each once and each with a difference", () => {
    const ids = Array.from({ length: 26 }, (_, at) => `V-${String(at + 1).padStart(2, "0")}`);
    expect(VARIANTS.map(({ id }) => id)).to.deep.equal(ids);
    for (const { id, text, parallel: _, leavesOut: _out, ...difference } of VARIANTS)
      expect(Object.keys(difference), `${id} ${text}`).to.have.length(1);
  });
});
