import { expect } from "chai";
import { checkLimits, MAX_VIOLATIONS } from "./limits.js";

const PROVIDER = "outboard.provider.v1";

describe("checkLimits", () => {
  it("is content with a message within its limits", () => {
    expect(
      checkLimits(`${PROVIDER}.PodEvent`, { uid: "u", reason: "Pulled", message: "x".repeat(1024) }),
    ).to.deep.equal([]);
  });

  it("counts bytes, not characters, and never shows the value", () => {
    expect(checkLimits(`${PROVIDER}.PodEvent`, { message: "é".repeat(513) })).to.deep.equal([
      { field: "message", description: "has 1026 bytes, at most 1024 are allowed" },
    ]);
  });

  it("names the path of a field deep inside", () => {
    const containers = [{ name: "ok" }, { name: "x".repeat(64), env: [{ name: "x".repeat(4097) }] }];
    expect(checkLimits(`${PROVIDER}.PodInputs`, { containers }).map((each) => each.field)).to.deep.equal([
      "containers[1].name",
      "containers[1].env[0].name",
    ]);
  });

  it("counts the elements of a list", () => {
    expect(checkLimits(`${PROVIDER}.PodInputs`, { podHostNames: ["a", "b", "c"] })).to.deep.equal([
      { field: "pod_host_names", description: "has 3 elements, at most 2 are allowed" },
    ]);
  });

  it("looks at keys and values of a map", () => {
    const limits = new Map([["k".repeat(5000), "v".repeat(5000)]]);
    expect(checkLimits(`${PROVIDER}.Resources`, { limits }).map((each) => each.field)).to.deep.equal([
      "limits[] key",
      "limits[]",
    ]);
  });

  it("looks at the chosen member of a oneof", () => {
    const part = { $case: "literal", value: new Uint8Array(1048577) };
    expect(checkLimits(`${PROVIDER}.ValuePart`, { part }).map((each) => each.field)).to.deep.equal(["literal"]);
  });

  it("stops counting at MAX_VIOLATIONS", () => {
    const containers = Array.from({ length: 100 }, () => ({ name: "x".repeat(64) }));
    expect(checkLimits(`${PROVIDER}.PodInputs`, { containers })).to.have.length(MAX_VIOLATIONS);
  });
});
