import { expect } from "chai";
import { resultLine, sumLine, toTsv } from "./summary.js";

const passed = { name: "b runs", state: "passed", seconds: 1.25, message: "" } as const;
const failed = { name: "a ends", state: "failed", seconds: 60, message: "timed out" } as const;

describe("the summary of a run", () => {
  it("has a line for each test, with the reason where it did not pass", () => {
    expect(resultLine(passed)).to.equal("passed      1.3 s  b runs");
    expect(resultLine(failed).split("\n")[1]?.trim()).to.equal("timed out");
  });

  it("counts each state", () => {
    expect(sumLine([passed, failed, passed])).to.equal("2 passed, 1 failed, 0 timed out, 0 skipped");
  });

  it("is written as a table sorted by name", () => {
    expect(toTsv([passed, failed])).to.equal("failed\t60.0\ta ends\ttimed out\npassed\t1.3\tb runs\t\n");
  });
});
