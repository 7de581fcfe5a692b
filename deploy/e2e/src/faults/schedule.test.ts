import { expect } from "chai";
import { chooseCells } from "./matrix.js";
import { PHASES } from "./cell.js";
import { readFaultsOptions } from "./options.js";
import { planSoak, SOAK_FAULTS } from "./schedule.js";
import { FAULTS } from "./table.js";

const HALF_AN_HOUR = 30 * 60_000;

describe("the schedule of a soak", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(planSoak(7, HALF_AN_HOUR)).to.deep.equal(planSoak(7, HALF_AN_HOUR));
    expect(planSoak(7, HALF_AN_HOUR)).to.not.deep.equal(planSoak(8, HALF_AN_HOUR));
  });

  it("mixes every fault that one node can have", () => {
    const struck = new Set(planSoak(7, HALF_AN_HOUR).flatMap((step) => (step.kind === "strike" ? [step.fault] : [])));
    expect([...struck].toSorted()).to.deep.equal(SOAK_FAULTS.map(({ name }) => name).toSorted());
  });

  it("heals what it struck before it strikes again", () => {
    const faults = planSoak(7, HALF_AN_HOUR).filter((step) => "fault" in step);
    const kinds = faults.map(({ kind }) => kind);
    expect(kinds).to.deep.equal(kinds.map((_, index) => (index % 2 === 0 ? "strike" : "heal")));
    expect(kinds.length % 2).to.equal(0);
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
