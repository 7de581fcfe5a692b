import { expect } from "chai";
import { toHtml } from "./report/html.js";
import { escape, toJunit } from "./report/junit.js";
import { applyBaseline } from "./suite/baseline.js";
import { EXIT, exitCodeOf, type Result, verdictOf } from "./suite/outcome.js";
import { REPORT, result } from "./report/sample.js";
import { splitCommand } from "./suite/provider-process.js";
import { parseQuantity } from "./suite/quantity.js";

function codeOf(
  results: readonly Result[],
  expected: readonly string[],
  staleBaseline: readonly string[] = [],
): number {
  return exitCodeOf({ verdict: verdictOf(results, expected), results, staleBaseline, leaks: [], isInterrupted: false });
}

describe("outcomes", () => {
  it("are conformant only when everything expected ran and passed", () => {
    expect(codeOf([result("a", "pass")], ["a"])).to.equal(EXIT.ok);
    expect(codeOf([result("a", "pass")], ["a", "b"])).to.equal(EXIT.inconclusive);
    expect(codeOf([result("a", "not-applicable")], ["a"])).to.equal(EXIT.inconclusive);
    expect(codeOf([], [])).to.equal(EXIT.inconclusive);
  });

  it("tell a failure from an error of the suite and from a missing behaviour", () => {
    expect(codeOf([result("a", "fail", "late"), result("b", "pass")], ["a", "b"])).to.equal(EXIT.nonConformant);
    expect(codeOf([result("a", "harness-error"), result("b", "pass")], ["a", "b"])).to.equal(EXIT.harness);
    expect(codeOf([result("a", "not-testable"), result("b", "pass")], ["a", "b"])).to.equal(EXIT.inconclusive);
  });

  it("keep known failures out of the exit code and never out of the verdict", () => {
    const entries = [{ id: "a", code: "late", reason: "known" }];
    const { results, stale } = applyBaseline([result("a", "fail", "late"), result("b", "pass")], entries, "2026-01-01");
    expect(stale).to.deep.equal([]);
    expect(verdictOf(results, ["a", "b"])).to.equal("non-conformant");
    expect(codeOf(results, ["a", "b"])).to.not.equal(EXIT.nonConformant);
  });

  it("call a baseline stale when its check passes, fails otherwise, is missing or is over its time", () => {
    const stale = (
      entry: { id: string; code: string; reason: string; expires?: string },
      ...results: readonly Result[]
    ) => applyBaseline(results, [entry], "2026-06-01").stale.length;
    expect(stale({ id: "a", code: "late", reason: "" }, result("a", "pass"))).to.equal(1);
    expect(stale({ id: "a", code: "late", reason: "" }, result("a", "fail", "missing"))).to.equal(1);
    expect(stale({ id: "a", code: "late", reason: "" })).to.equal(1);
    expect(stale({ id: "a", code: "late", reason: "", expires: "2026-05-31" }, result("a", "fail", "late"))).to.equal(
      1,
    );
    expect(codeOf([result("a", "unexpected-pass")], ["a"], ["a: it passes"])).to.equal(EXIT.staleBaseline);
  });
});

describe("reports", () => {
  it("count the same in JUnit", () => {
    expect(toJunit(REPORT)).to.contain('tests="4" failures="1" errors="1" skipped="1"');
  });

  it("escape what comes from the provider and load nothing", () => {
    const html = toHtml(REPORT);
    expect(html).to.contain("&lt;p&gt;").and.not.contain("<p>".concat(" 1"));
    expect(html)
      .to.contain("default-src 'none'")
      .and.not.match(/(src|href)="https?:/);
    expect(escape('a<b>&"\u0000')).to.equal("a&lt;b&gt;&amp;&quot;");
  });
});

describe("small readers", () => {
  it("read quantities as Kubernetes does", () => {
    expect(["1500m", "64Mi", "1e3", "2"].map(parseQuantity)).to.deep.equal([1.5, 67_108_864, 1000, 2]);
    expect(["4 cores", "", "Mi", "1x"].map(parseQuantity)).to.deep.equal([undefined, undefined, undefined, undefined]);
  });

  it("split commands at blanks outside quotes", () => {
    expect(splitCommand(`a 'b c' "d" --e={endpoint}`)).to.deep.equal(["a", "b c", "d", "--e={endpoint}"]);
  });
});
