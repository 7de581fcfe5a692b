import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { PodProvider } from "../provider.js";
import { memoryFolder, sweepMemoryFolders } from "./memory-folder.js";
import { openStateFolder } from "./state-folder.js";

describe("openStateFolder", function () {
  this.timeout(15_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "state-folder-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("makes a private folder, and lets no second provider have it", async () => {
    const state = await openStateFolder("test", join(folder, "a/b"));
    expect(statSync(state.path).mode & 0o777).to.equal(0o700);
    const second = await openStateFolder("test", state.path).catch((error: Error) => error.message);
    expect(second).to.equal(`--state: another provider uses ${state.path}`);
  });

  it("notes the first owner, and hands it to the provider that starts again", async () => {
    const starts: string[] = [];
    const provider = {
      start: (_host: unknown, owner: { readonly nodeName: string }) =>
        Promise.resolve(void starts.push(owner.nodeName)),
    } as unknown as PodProvider;
    const state = await openStateFolder("test", folder);
    const first = state.withOwner(provider);
    expect(first.serve).to.equal(undefined);
    const owner = { clusterId: "c", nodeName: "n" };
    await first.provider.start({} as never, owner);
    expect(starts).to.deep.equal(["n"]);
    expect(JSON.parse(readFileSync(join(folder, "owner.json"), "utf8"))).to.deep.equal(owner);
    expect(statSync(join(folder, "owner.json")).mode & 0o777).to.equal(0o600);
    expect(state.withOwner(provider).serve?.owner).to.deep.equal(owner);
  });

  it("starts again for the owner it knows though nothing can be written", async () => {
    const starts: string[] = [];
    const start: PodProvider["start"] = async (_host, { nodeName }) => void starts.push(nodeName);
    const provider = { start } as PodProvider;
    const state = await openStateFolder("test", folder);
    const owner = { clusterId: "c", nodeName: "n" };
    await state.withOwner(provider).provider.start({} as never, owner);
    mkdirSync(join(folder, "owner.json.next")); // as a full disk: what is to be written cannot be
    await state.withOwner(provider).provider.start({} as never, owner);
    expect(starts).to.deep.equal(["n", "n"]);
  });

  it("refuses a damaged note of the owner rather than take the pods for nobody's", async () => {
    const state = await openStateFolder("test", folder);
    for (const text of ["", "{", "null", `{"clusterId":"c"}`]) {
      writeFileSync(join(folder, "owner.json"), text);
      expect(() => state.withOwner({} as PodProvider), text).to.throw(`${folder}/owner.json cannot be read`);
    }
  });

  it("tries once whether it may mount, and leaves nothing of that", async () => {
    const state = await openStateFolder("test", folder);
    const tmpfs = await state.tmpfs();
    if (process.getuid?.() !== 0) expect(tmpfs).to.equal(undefined);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("keeps nothing in memory on a disk, in a folder that is not there, or under a name that is too long", () => {
    expect(memoryFolder("test", "/x", ["/no/such/folder", "/proc", "/usr"])).to.equal(undefined);
    expect(memoryFolder("test", `/${"x".repeat(300)}`)).to.equal(undefined);
  });

  it("removes memory folders of state folders that are gone, and no others", () => {
    const state = join(folder, "state");
    mkdirSync(state);
    const kept = memoryFolder("test", state);
    if (kept === undefined) return;
    const orphan = memoryFolder("test", join(folder, "gone")) ?? "";
    mkdirSync(kept);
    mkdirSync(orphan);
    sweepMemoryFolders("test");
    expect(statSync(kept, { throwIfNoEntry: false })).to.not.equal(undefined);
    expect(statSync(orphan, { throwIfNoEntry: false })).to.equal(undefined);
    rmSync(kept, { recursive: true });
  });
});
