import { expect } from "chai";
import { readOptions, UsageError } from "./options.js";

describe("readOptions", () => {
  it("has defaults for everything", () => {
    expect(readOptions([])).to.deep.equal({ pods: 300, warmUpPods: 20, idleSeconds: 10 });
  });

  it("reads every flag", () => {
    const words = ["--pods", "7", "--warm-up-pods=0", "--idle-seconds", "2", "--json", "a.json", "--cpu-prof", "b"];
    const options = { pods: 7, warmUpPods: 0, idleSeconds: 2, json: "a.json", cpuProf: "b" };
    expect(readOptions(words)).to.deep.equal(options);
  });

  for (const [words, message] of [
    [["--pods", "many"], '--pods must be a whole number from 1 to 10000, not "many"'],
    [["--pods", "0"], '--pods must be a whole number from 1 to 10000, not "0"'],
    [["--pods", "1e3"], '--pods must be a whole number from 1 to 10000, not "1e3"'],
    [["--json", ""], "--json must not be empty"],
    [["--pod", "3"], "Unknown option '--pod'"],
    [["extra"], "Unexpected argument 'extra'"],
  ] as const) {
    it(`says in one line what is wrong with ${words.join(" ")}`, () => {
      expect(() => readOptions(words))
        .to.throw(UsageError)
        .with.property("message")
        .that.satisfies((text: string) => text.startsWith(message) && !text.includes("\n"));
    });
  }
});
