import { mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { memoryFolder } from "./memory-folder.js";

const TMPFS = 0x01021994;

describe("memoryFolder", () => {
  it("takes no disk and nothing that is not there", () => {
    expect(memoryFolder("x", ["/no/such/folder", "/proc", "/usr"])).to.equal(undefined);
  });

  it("takes the first tmpfs", function () {
    if (statfsSync("/dev/shm").type !== TMPFS) return this.skip();
    const folder = mkdtempSync("/dev/shm/obp-");
    expect(memoryFolder("x", ["/usr", folder, "/dev/shm"])).to.equal(join(folder, "x"));
    rmSync(folder, { recursive: true });
  });
});
