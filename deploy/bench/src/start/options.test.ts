import { expect } from "chai";
import { UsageError } from "../options.js";
import { readStartOptions, roundsOf } from "./options.js";

describe("readStartOptions", () => {
  it("has defaults for everything", () => {
    expect(readStartOptions([])).to.deep.equal({ pods: [1, 20, 100], runtimes: ["cri", "docker"], rounds: 3 });
  });

  it("reads every flag", () => {
    const words = ["--pods", "7,3", "--runtime=docker", "--rounds", "2", "--json", "a.json", "--cpu-prof", "b"];
    const options = { pods: [7, 3], runtimes: ["docker"], rounds: 2, json: "a.json", cpuProf: "b" };
    expect(readStartOptions(words)).to.deep.equal(options);
  });

  for (const [words, message] of [
    [["--pods", "1,many"], '--pods must be of whole numbers from 1 to 200, not "many"'],
    [["--pods", "0"], '--pods must be of whole numbers from 1 to 200, not "0"'],
    [["--pods", "5,"], '--pods must be of whole numbers from 1 to 200, not ""'],
    [["--pods", "5,5"], '--pods names "5" twice'],
    [["--runtime", "cri,podman"], '--runtime must be of cri, docker, not "podman"'],
    [["--json", ""], "--json must not be empty"],
    [["--pod", "3"], "Unknown option '--pod'"],
  ] as const) {
    it(`says in one line what is wrong with ${words.join(" ")}`, () => {
      expect(() => readStartOptions(words))
        .to.throw(UsageError)
        .with.property("message")
        .that.satisfies((text: string) => text.startsWith(message) && !text.includes("\n"));
    });
  }

  it("has more rounds where there are few pods at once", () => {
    expect([1, 4, 20].map((pods) => roundsOf({ rounds: 3 }, pods))).to.deep.equal([10, 3, 3]);
    expect(roundsOf({ rounds: 20 }, 1)).to.equal(20);
  });
});
