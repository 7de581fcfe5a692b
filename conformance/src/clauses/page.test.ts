import { readFileSync } from "node:fs";
import { expect } from "chai";
import { clausesPage } from "./page.js";
import { CLAUSES } from "./registry.js";

describe("the page of clauses", () => {
  it("is what the registry gives", () => {
    const committed = readFileSync(new URL("../../../docs/clauses.md", import.meta.url), "utf8");
    expect(committed, "run npm run --workspace conformance docs").to.equal(clausesPage());
  });

  it("has every clause once, in rows that no text breaks", () => {
    const rows = clausesPage()
      .split("\n")
      .filter((line) => line.startsWith("| <a"));
    expect(rows).to.have.length(CLAUSES.length);
    for (const row of rows) expect(row.replaceAll("\\|", "").split("|"), row).to.have.length(6);
  });
});
