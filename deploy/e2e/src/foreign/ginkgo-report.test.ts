import { expect } from "chai";
import { ginkgoResults } from "./ginkgo-report.js";

const spec = (text: string, State: string, more: object = {}) => ({
  ContainerHierarchyTexts: ["[sig-node] Pods"],
  LeafNodeType: "It",
  LeafNodeText: text,
  State,
  RunTime: 1_500_000_000,
  ...more,
});
const failure = (Message: string) => ({ Failure: { Message } });
const read = (...SpecReports: object[]) => ginkgoResults(JSON.stringify([{ SpecReports }]));

describe("a report of ginkgo", () => {
  it("names a spec by all its texts", () => {
    expect(read(spec("should run", "passed"))).to.deep.equal([
      { name: "[sig-node] Pods should run", state: "passed", seconds: 1.5, message: "" },
    ]);
  });

  it("says in one line why a spec failed", () => {
    const [result] = read(spec("should run", "failed", failure("timed out\n  after\t60s")));
    expect(result).to.include({ state: "failed", message: "timed out after 60s" });
  });

  it("takes panics, interrupts and aborts for failures", () => {
    const states = read(spec("a", "panicked"), spec("b", "interrupted"), spec("c", "aborted"), spec("d", "timedout"));
    expect(states.map(({ state }) => state)).to.deep.equal(["failed", "failed", "failed", "timedout"]);
  });

  it("has specs that skipped themselves, and none that a filter left out", () => {
    const results = read(spec("a", "skipped"), spec("b", "skipped", failure("needs two nodes")), spec("c", "pending"));
    expect(results.map(({ name, message }) => [name, message])).to.deep.equal([
      ["[sig-node] Pods b", "needs two nodes"],
    ]);
  });

  it("leaves out what is no spec, and suites without specs", () => {
    expect(read(spec("", "passed", { LeafNodeType: "BeforeSuite" }))).to.deep.equal([]);
    expect(ginkgoResults('[{"SpecReports":null}]')).to.deep.equal([]);
  });
});
