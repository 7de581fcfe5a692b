import type { FileInput } from "@outboard/contract";
import { expect } from "chai";
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeVolumeFiles } from "./atomic-writer.js";
import { strictUmask, tempFolder } from "./testing/temp-folder.js";

function file(path: string, content: string, mode = 0o644): FileInput {
  return { path, mode, content: Buffer.from(content), sha256: new Uint8Array(), sensitive: false };
}

function modeOf(folder: string, path: string): number {
  return statSync(`${folder}/${path}`).mode & 0o7777;
}

describe("writeVolumeFiles", () => {
  it("shows files through links, with their modes, nested ones too", async () => {
    using folder = tempFolder();
    await writeVolumeFiles(folder.path, [file("a", "1"), file("d/b", "2", 0o400)]);
    expect(readFileSync(join(folder.path, "a"), "utf8")).to.equal("1");
    expect(readFileSync(join(folder.path, "d/b"), "utf8")).to.equal("2");
    expect(statSync(join(folder.path, "d/b")).mode & 0o777).to.equal(0o400);
    expect(readlinkSync(join(folder.path, "a"))).to.equal("..data/a");
    expect(lstatSync(join(folder.path, "..data")).isSymbolicLink()).to.equal(true);
  });

  it("names the data folder by time and a number, as the kubelet does", async () => {
    using folder = tempFolder();
    await writeVolumeFiles(folder.path, [file("a", "1")]);
    expect(readlinkSync(join(folder.path, "..data"))).to.match(/^\.\.\d{4}(_\d\d){5}\.\d+$/);
  });

  it("swaps all files at once, removes what is gone, and leaves one data folder", async () => {
    using folder = tempFolder();
    await writeVolumeFiles(folder.path, [file("a", "1"), file("b", "2")]);
    await writeVolumeFiles(folder.path, [file("b", "3"), file("c", "4")]);
    expect(readdirSync(folder.path).filter((name) => !name.startsWith(".."))).to.deep.equal(["b", "c"]);
    expect(readdirSync(folder.path).filter((name) => name.startsWith(".."))).to.have.length(2);
    expect(readFileSync(join(folder.path, "b"), "utf8")).to.equal("3");
  });

  it("touches nothing when nothing differs", async () => {
    using folder = tempFolder();
    await writeVolumeFiles(folder.path, [file("a", "1")]);
    const before = readlinkSync(join(folder.path, "..data"));
    await writeVolumeFiles(folder.path, [file("a", "1")]);
    expect(readlinkSync(join(folder.path, "..data"))).to.equal(before);
  });

  it("sees a change of the mode alone", async () => {
    using folder = tempFolder();
    await writeVolumeFiles(folder.path, [file("a", "1")]);
    await writeVolumeFiles(folder.path, [file("a", "1", 0o600)]);
    expect(statSync(join(folder.path, "a")).mode & 0o777).to.equal(0o600);
  });

  it("lets every user reach the files, whatever the umask", async () => {
    using folder = tempFolder();
    using _umask = strictUmask();
    await writeVolumeFiles(folder.path, [file("d/e/b", "2", 0o444)]);
    const modes = ["..data/.", "..data/d", "..data/d/e", "..data/d/e/b"].map((path) => modeOf(folder.path, path));
    expect(modes).to.deep.equal([0o755, 0o755, 0o755, 0o444]);
  });

  it("gives files to their owners, and folders and links to the group", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    using folder = tempFolder();
    const files = [
      { ...file("d/a", "1", 0o400), uid: 77, gid: 1234 },
      { ...file("b", "2", 0o400), uid: 77 },
    ];
    await writeVolumeFiles(folder.path, files, 1234);
    const owners = ["d/a", "b"].map((path) => statSync(join(folder.path, path))).map(({ uid, gid }) => [uid, gid]);
    expect(owners).to.deep.equal([
      [77, 1234],
      [77, 0],
    ]);
    expect(["..data/.", "d/."].map((path) => modeOf(folder.path, path))).to.deep.equal([0o2755, 0o2755]);
    const groups = ["..data", "..data/.", "d", "d/.", "b"].map((path) => lstatSync(join(folder.path, path)).gid);
    expect(groups).to.deep.equal([1234, 1234, 1234, 1234, 1234]);
    const before = readlinkSync(join(folder.path, "..data"));
    await writeVolumeFiles(folder.path, files, 1234);
    expect(readlinkSync(join(folder.path, "..data"))).to.equal(before);
  });

  for (const path of ["../a", "/a", "a//b", "a/../b", "..a", ""]) {
    it(`refuses the path "${path}"`, async () => {
      using folder = tempFolder();
      const error: unknown = await writeVolumeFiles(folder.path, [file(path, "1")]).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(Error);
      expect(readdirSync(folder.path)).to.deep.equal([]);
    });
  }
});
