import { expect } from "chai";
import { readSelftestFlags } from "./flags.js";

describe("flags of the selftest", () => {
  it("are taken out of those of run, written in both ways", () => {
    const flags = readSelftestFlags(["--kit", "memory", "--mutant=GET-01", "--mutant", "GET-02", "--all-checks", "-v"]);
    expect(flags).to.deep.include({ mutants: ["GET-01", "GET-02"], isBroad: true, rest: ["--kit", "memory", "-v"] });
  });

  it("have defaults: everything, no seeds, three lanes", () => {
    const { sample, seeds, lanes, mutants, variants } = readSelftestFlags([]);
    expect({ sample, seeds, lanes, mutants, variants }).to.deep.equal({
      sample: 1,
      seeds: 0,
      lanes: 3,
      mutants: [],
      variants: [],
    });
  });

  it("are refused without their value, and with a number that is none", () => {
    expect(() => readSelftestFlags(["--mutant"])).to.throw("--mutant: the value is missing");
    expect(() => readSelftestFlags(["--seeds", "many"])).to.throw('--seeds: "many" must be a whole number');
    expect(() => readSelftestFlags(["--lanes", "0"])).to.throw("--lanes");
  });
});
