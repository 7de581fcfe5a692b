import { expect } from "chai";
import { topFunctions } from "./cpu-profile.js";

function frame(id: number, functionName: string, url = "", lineNumber = -1) {
  return { id, callFrame: { functionName, url, lineNumber } };
}

describe("topFunctions", () => {
  const profile = {
    nodes: [
      frame(1, "(idle)"),
      frame(2, "(garbage collector)"),
      frame(3, "plan", "file:///somewhere/gateway/dist/domain/pod-plan.js", 9),
      frame(4, "plan", "file:///somewhere/gateway/dist/domain/pod-plan.js", 9),
      frame(5, "", "file:///somewhere/node_modules/undici/lib/core/util.js", 0),
    ],
    samples: [1, 3, 4, 2, 5, 1],
    timeDeltas: [9_000, 2_000, 3_000, 4_000, 1_000, 9_000],
  };

  it("adds the samples of one function, wherever it was called from, and leaves out idle time", () => {
    expect(topFunctions(profile, 2)).to.deep.equal([
      { where: "plan gateway/dist/domain/pod-plan.js:10", ms: 5, share: 0.5 },
      { where: "(garbage collector)", ms: 4, share: 0.4 },
    ]);
  });

  it("names a function of a package by its path in the package", () => {
    expect(topFunctions(profile, 9).at(-1)?.where).to.equal("(anonymous) undici/lib/core/util.js:1");
  });
});
