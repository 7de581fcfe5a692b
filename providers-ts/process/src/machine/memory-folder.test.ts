import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { memoryFolder, sweepMemoryFolders } from "./memory-folder.js";

const TMPFS = 0x01021994;

describe("memoryFolder", () => {
  it("takes no disk, nothing that is not there, and no name that is too long", () => {
    expect(memoryFolder("/x", ["/no/such/folder", "/proc", "/usr"])).to.equal(undefined);
    expect(memoryFolder(`/${"x".repeat(300)}`)).to.equal(undefined);
  });

  it("takes the first tmpfs, and is removed once its state folder is gone", function () {
    if (statfsSync("/dev/shm").type !== TMPFS) return this.skip();
    const place = mkdtempSync("/dev/shm/obp-");
    const [kept, lost] = ["kept", "lost"].map((name) => join(place, name));
    const folders = [kept, lost].map((state) => memoryFolder(state ?? "", ["/usr", place, "/dev/shm"]) ?? "");
    mkdirSync(kept ?? "");
    for (const folder of [...folders, join(place, "outboard-other")]) {
      mkdirSync(folder);
      writeFileSync(join(folder, "secret"), "");
    }
    sweepMemoryFolders([place]);
    expect(folders.map((folder) => existsSync(folder))).to.deep.equal([true, false]);
    expect(readdirSync(place)).to.include("outboard-other");
    rmSync(place, { recursive: true });
  });
});
