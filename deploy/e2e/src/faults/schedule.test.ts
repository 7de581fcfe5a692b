import { expect } from "chai";
import { chooseCells } from "./matrix.js";
import { PHASES } from "./cell.js";
import { readFaultsOptions } from "./options.js";
import { planRound, roundsOf, soakFaults, type Step } from "./schedule.js";
import { FAULTS } from "./table.js";

const HALF_AN_HOUR = 30 * 60_000;

const kindsOf = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step) => ("fault" in step ? [step.kind] : []));

describe("the schedule of a soak", () => {
  const plans = (seed: number): readonly (readonly Step[])[] => roundsOf(seed, HALF_AN_HOUR).map(planRound);

  it("is the same for the same seed, and another for another", () => {
    expect(plans(7)).to.deep.equal(plans(7));
    expect(plans(7)).to.not.deep.equal(plans(8));
  });

  it("goes over sockets and TCP, with simulated and real pods, in half an hour", () => {
    const settings = roundsOf(7, HALF_AN_HOUR).map(({ setting: { provider, link } }) => `${provider} ${link}`);
    expect(settings.toSorted()).to.deep.equal(["memory tcp", "memory unix", "process tcp", "process unix"]);
  });

  it("has rounds that can be played alone by their seed and length", () => {
    const rounds = roundsOf(7, HALF_AN_HOUR);
    for (const round of rounds) expect(roundsOf(round.seed, round.lengthMs)).to.deep.equal([round]);
  });

  it("mixes every fault that one node can have", () => {
    const hours = roundsOf(7, HALF_AN_HOUR).map((round) => ({ ...round, lengthMs: 4 * HALF_AN_HOUR }));
    for (const round of hours) {
      const struck = new Set(planRound(round).flatMap((step) => (step.kind === "strike" ? [step.fault] : [])));
      expect([...struck].toSorted()).to.deep.equal(
        soakFaults(round.setting)
          .map(({ name }) => name)
          .toSorted(),
      );
    }
    const left = FAULTS.filter((fault) => !hours.some(({ setting }) => soakFaults(setting).includes(fault)));
    const names = left.map(({ name }) => name);
    expect(names.filter((name) => !/real processes|evicted/.test(name))).to.deep.equal([]);
  });

  it("heals what it struck before it strikes again", () => {
    for (const kinds of plans(7).map(kindsOf)) {
      expect(kinds).to.deep.equal(kinds.map((_, index) => (index % 2 === 0 ? "strike" : "heal")));
      expect(kinds.length % 2).to.equal(0);
    }
  });
});

describe("the choice of cells", () => {
  const chosen = (words: readonly string[]): ReturnType<typeof chooseCells> => chooseCells(readFaultsOptions(words, 0));

  it("is every fault in every phase", () => {
    expect(chosen([])).to.have.length(FAULTS.length * PHASES.length);
  });

  it("on the diagonal has every fault once and every phase", () => {
    const cells = chosen(["--diagonal"]);
    expect(cells.map(({ fault }) => fault.name).toSorted()).to.deep.equal(FAULTS.map(({ name }) => name).toSorted());
    expect(new Set(cells.map(({ phase }) => phase)).size).to.equal(PHASES.length);
  });

  it("takes a soak with and without its time, and refuses what is no time", () => {
    expect(readFaultsOptions(["--soak"], 0).soakMs).to.equal(HALF_AN_HOUR);
    expect(readFaultsOptions(["--soak", "90s", "--seed", "4"], 0)).to.include({ soakMs: 90_000, seed: 4 });
    expect(() => readFaultsOptions(["--soak", "5x"], 0)).to.throw("--soak must be a time");
    expect(() => readFaultsOptions(["--phase", "sleep"], 0)).to.throw("--phase must be one of");
  });
});
