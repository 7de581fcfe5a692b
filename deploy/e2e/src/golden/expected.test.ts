import { expect } from "chai";
import { type Level, LEVELS } from "./compare.js";
import { grownText, lostIn, parseExpected, readExpected } from "./expected.js";
import type { CaseOutcome, Outcomes } from "./report.js";

describe("what is known to be equal", () => {
  it("loses a level that is not equal any more, and nothing else", () => {
    const outcomes = new Map([
      ["a", compared("states", "events")],
      ["b", compared("states")],
    ]);
    const lost = lostIn(parseExpected("a\tstates,events,status\nb\tstates\n"), outcomes);
    expect([...lost]).to.deep.equal([["a", ["status"]]]);
  });

  it("loses a broken invariant, also of a case that it does not name", () => {
    const outcomes: Outcomes = new Map([["a", broken()]]);
    expect([...lostIn(parseExpected(""), outcomes).values()]).to.deep.equal([["a phase went back"]]);
  });

  it("loses a case that was not observed, if the list names it", () => {
    const outcomes: Outcomes = new Map([
      ["a", { kind: "missing", why: "timed out" }],
      ["static", { kind: "missing", why: "no static pods" }],
    ]);
    expect([...lostIn(parseExpected("a\tstates"), outcomes)]).to.deep.equal([["a", ["not observed"]]]);
  });

  it("grows by what was equal, and keeps what was not", () => {
    const outcomes = new Map([
      ["a", compared("status")],
      ["b", compared("logs")],
    ]);
    expect(grownText("# about\na\tstates\nz\tlogs\n", outcomes)).to.equal(
      "# about\na\tstates,status\nb\tlogs\nz\tlogs\n",
    );
  });

  it("is a list of levels that exist, for most of the recorded cases", () => {
    expect(readExpected().size).to.be.greaterThan(80);
    expect(() => parseExpected("a\tstate")).to.throw('"state" is no level');
  });
});

function compared(...equal: readonly Level[]): CaseOutcome {
  const isEqual = Object.fromEntries(LEVELS.map((level) => [level, equal.includes(level)])) as Record<Level, boolean>;
  return { kind: "compared", comparison: { isEqual, broken: [], differences: [] } };
}

function broken(): CaseOutcome {
  const whole = compared(...LEVELS);
  if (whole.kind === "missing") return whole;
  return { kind: "compared", comparison: { ...whole.comparison, broken: ["a phase went back"] } };
}
