import { expect } from "chai";
import { brokenInvariants } from "./invariants.js";
import type { JsonObject, StatusLine } from "./recording.js";

const line = (status: JsonObject, rest: Partial<StatusLine> = {}): StatusLine => ({
  t: 0,
  type: "MODIFIED",
  ...rest,
  status,
});

const container = (state: JsonObject, rest: JsonObject = {}): JsonObject => ({
  containerStatuses: [{ name: "c", restartCount: 0, containerID: "x://1", state, ...rest }],
});

describe("brokenInvariants", () => {
  it("finds a start time that changes", () => {
    expect(brokenInvariants([line({ startTime: "a" }), line({}), line({ startTime: "b" })])).to.deep.equal([
      "startTime changed",
    ]);
  });

  it("finds a terminal phase that is left", () => {
    expect(brokenInvariants([line({ phase: "Failed" }), line({ phase: "Running" })])).to.deep.equal([
      "phase Failed became Running",
    ]);
  });

  it("finds a condition whose time moves without its status, but not one that flips", () => {
    const ready = (status: string, lastTransitionTime: string): StatusLine =>
      line({ conditions: [{ type: "Ready", status, lastTransitionTime }] });
    expect(brokenInvariants([ready("True", "a"), ready("False", "b")])).to.be.empty;
    expect(brokenInvariants([ready("True", "a"), ready("True", "b")])).to.deep.equal([
      "Ready lastTransitionTime moved without a flip",
    ]);
  });

  it("finds a restart count that falls, and an ended instance that runs again", () => {
    const ended = container({ terminated: { containerID: "x://1" } }, { restartCount: 1 });
    expect(brokenInvariants([line(ended), line(container({ running: {} }))])).to.deep.equal([
      "c ran again as the same instance",
      "c restartCount fell",
    ]);
  });

  it("starts afresh with a new pod of the same name", () => {
    const first = line({ startTime: "a", phase: "Failed" });
    expect(brokenInvariants([first, line({ startTime: "b", phase: "Running" }, { type: "ADDED" })])).to.be.empty;
  });

  it("does not mix two pods of one case", () => {
    expect(brokenInvariants([line({ startTime: "a" }), line({ startTime: "b" }, { name: "q" })])).to.be.empty;
  });
});
