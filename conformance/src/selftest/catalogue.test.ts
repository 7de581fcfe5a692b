import { expect } from "chai";
import { CATALOGUE } from "./catalogue.js";
import { MUTANTS } from "./mutants.js";

const ids = new Set(MUTANTS.map(({ id }) => id));

describe("the catalogue of faults", () => {
  it("has 105 rows, each once", () => {
    expect(new Set(CATALOGUE.map(({ row }) => row)).size)
      .to.equal(CATALOGUE.length)
      .and.to.equal(105);
  });

  it("has a mutant that exists for every row", () => {
    const bad = CATALOGUE.filter(({ mutants }) => mutants.length === 0 || mutants.some((id) => !ids.has(id)));
    expect(bad.map(({ row, mutants }) => `${row}: ${mutants.filter((id) => !ids.has(id)).join(", ")}`)).to.deep.equal(
      [],
    );
  });
});
