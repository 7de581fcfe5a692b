import { expect } from "chai";
import type { SpecResult } from "./ginkgo-report.js";
import { grown, judge, parseList } from "./lists.js";

const result = (name: string, state: SpecResult["state"]): SpecResult => ({ name, state, seconds: 1, message: "" });

describe("a list of tests", () => {
  it("has a name on each line, with a note after a tab, and comments", () => {
    expect([...parseList("# why\n\n[sig-node] a [x]\tneeds b\nc\n")]).to.deep.equal([
      ["[sig-node] a [x]", "needs b"],
      ["c", ""],
    ]);
  });

  it("only grows, in order", () => {
    expect(grown("# what\nb\tnote\n", ["c", "a", "b"])).to.equal("# what\na\nb\tnote\nc\n");
  });
});

describe("a run against the list of what must pass", () => {
  const mustPass = new Set(["a", "b", "c"]);

  it("loses what did not pass, and what was not run though it was asked for", () => {
    const results = [result("a", "passed"), result("b", "skipped"), result("other", "failed")];
    const { lost, missing } = judge(results, mustPass, () => true);
    expect(lost.map(({ name }) => name)).to.deep.equal(["b"]);
    expect(missing).to.deep.equal(["c"]);
  });

  it("does not miss what it did not ask for", () => {
    expect(judge([], mustPass, (name) => name === "a").missing).to.deep.equal(["a"]);
  });

  it("wins what passed and was not in the list", () => {
    expect(judge([result("a", "passed"), result("new", "passed")], mustPass, () => false).won).to.deep.equal(["new"]);
  });
});
