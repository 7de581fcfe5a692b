import { expect } from "chai";
import { CRITEST_LINE } from "../critest/options.js";
import { FAULTS_LINE } from "../faults/options.js";
import { GOLDEN_LINE } from "../golden/options.js";
import { KUBERNETES_LINE } from "../kubernetes/options.js";
import type { CommandLine } from "./command-line.js";

describe("the command line of a suite", () => {
  const wrong: readonly (readonly [CommandLine, string, RegExp])[] = [
    [GOLDEN_LINE, "--no-such", /^Unknown option '--no-such'/],
    [GOLDEN_LINE, "--jobs 0", /^--jobs must be a number from 1 on, not 0$/],
    [GOLDEN_LINE, "no-such-case", /has no case no-such-case$/],
    [GOLDEN_LINE, "--kubeconfig file", /^--kubeconfig and --node go together$/],
    [FAULTS_LINE, "--phase lunch", /^--phase must be one of create, run, update, delete, not lunch$/],
    [FAULTS_LINE, "--soak 5x", /^--soak must be a time like 90s, 30m or 1h, not 5x$/],
    [FAULTS_LINE, "--seed -1", /seed/],
    [KUBERNETES_LINE, "--list x", /^--list must be one of all, must-pass, open, sample, not x$/],
    [KUBERNETES_LINE, "--focus ((", /^--focus must be a regular expression, not \(\($/],
    [KUBERNETES_LINE, "--focus no-test-has-this-name", /^no test of the list must-pass is left$/],
    [KUBERNETES_LINE, "--procs many", /^--procs must be a number from 1 on, not many$/],
    [CRITEST_LINE, "--runtime x", /^--runtime must be v2 or debian, not x$/],
  ];
  for (const [line, words, problem] of wrong) {
    it(`says what is wrong with ${words}`, () => expect(() => line.read(words.split(" "))).to.throw(problem));
  }

  it("takes what is right", () => {
    expect(GOLDEN_LINE.read(["-j", "2", "--expected"])).to.deep.include({ jobs: 2, isExpected: true });
    expect(FAULTS_LINE.read(["--soak", "--seed", "7"])).to.deep.include({ soakMs: 1_800_000, seed: 7 });
    expect(KUBERNETES_LINE.read(["--list", "sample", "--procs", "8"])).to.deep.include({ procs: 8 });
    expect(CRITEST_LINE.read(["--focus", "Log"])).to.deep.equal({ version: "v2", focus: "Log", isGrowing: false });
  });
});
