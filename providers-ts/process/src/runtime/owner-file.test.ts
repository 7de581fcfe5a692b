import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readOwner, writeOwner } from "./owner-file.js";

describe("the owner of a state folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "obp-owner-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is nobody at first, then who was noted last", () => {
    expect(readOwner(folder)).to.equal(undefined);
    writeOwner(folder, { clusterId: "c", nodeName: "n" });
    expect(readOwner(folder)).to.deep.equal({ clusterId: "c", nodeName: "n" });
    expect(statSync(join(folder, "owner.json")).mode & 0o777).to.equal(0o600);
  });

  for (const text of ["", "{", "null", `{"clusterId":"c"}`]) {
    it(`is not guessed where the file holds ${JSON.stringify(text)}`, () => {
      writeFileSync(join(folder, "owner.json"), text);
      expect(() => readOwner(folder)).to.throw(`${folder}/owner.json cannot be read`);
    });
  }
});
