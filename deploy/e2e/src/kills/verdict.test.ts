import { expect } from "chai";
import { oursOf } from "./verdict.js";

const SHIM = "shim a1";

describe("what is left after a kill", () => {
  it("is the runtime's own only if it leaves the same without us", () => {
    expect(oursOf([SHIM], { runtimeKeepsShim: true, cutOff: "a1" })).to.deep.equal([]);
    expect(oursOf([SHIM], { runtimeKeepsShim: false, cutOff: "a1" })).to.deep.equal([SHIM]);
  });

  it("is ours where the runtime was not killed while it created that container", () => {
    expect(oursOf([SHIM], { runtimeKeepsShim: true, cutOff: undefined })).to.deep.equal([SHIM]);
    expect(oursOf([SHIM, "shim b2"], { runtimeKeepsShim: true, cutOff: "a1" })).to.deep.equal(["shim b2"]);
  });

  it("is ours where anything runs, or more than the shim is there", () => {
    const more = ["busy shim a1", "runtime a1", "mount /x/a1", "runc state a1", "control group /a1", "netns n"];
    expect(oursOf([SHIM, ...more], { runtimeKeepsShim: true, cutOff: "a1" })).to.deep.equal(more);
  });
});
