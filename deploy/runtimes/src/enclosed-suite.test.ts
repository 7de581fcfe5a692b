import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { failuresInside } from "./enclosed-suite.js";
import { requireRuntimes } from "./test-gate.js";

describe("a suite in an enclosure", function () {
  this.timeout(60_000);
  before(async function () {
    await requireRuntimes(this, []);
  });
  let folder: string;
  // Beside the tests, so that mocha is found from it.
  beforeEach(() => (folder = mkdtempSync(join(import.meta.dirname, "inside-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const inside = async (body: string): Promise<string> => {
    const file = join(folder, "inner.mjs");
    writeFileSync(file, body);
    return await failuresInside(file, 50_000);
  };

  it("tells nothing when all is well", async () => {
    expect(await inside(`it("passes", () => {});`)).to.equal("");
  });

  it("tells each failed test and hook outside, with the first line of its reason", async () => {
    const body = `describe("a", () => {
      it("is red (it is meant)", () => { throw new Error("meant\\nand more"); });
      after(() => { throw new Error("meant too"); });
    });`;
    expect(await inside(body)).to.match(/^a is red \(it is meant\): meant; a "after all" hook.*: meant too$/);
  });

  it("tells how it ended when no test says why", async () => {
    expect(await inside(`process.exit(3);`)).to.equal("the suite inside ended with exit code 3; its output is above");
  });
});
