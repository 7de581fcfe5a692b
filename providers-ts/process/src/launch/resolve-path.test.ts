import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { resolveInRoot } from "./resolve-path.js";

describe("resolveInRoot", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "obp-root-"));
    mkdirSync(join(root, "real/deep"), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("follows links as the container will, absolute and relative ones", () => {
    symlinkSync("/real", join(root, "absolute"));
    symlinkSync("../absolute/deep", join(root, "real/relative"));
    expect(resolveInRoot(root, "/absolute/x")).to.equal("/real/x");
    expect(resolveInRoot(root, "/real/relative/y")).to.equal("/real/deep/y");
  });

  it("never leaves the root", () => {
    symlinkSync("../../../../etc", join(root, "out"));
    expect(resolveInRoot(root, "/out/passwd")).to.equal("/etc/passwd");
    expect(resolveInRoot(root, "/../../x")).to.equal("/x");
  });

  it("keeps what does not exist, and refuses circles", () => {
    expect(resolveInRoot(root, "/none/at/all")).to.equal("/none/at/all");
    symlinkSync("circle", join(root, "circle"));
    expect(() => resolveInRoot(root, "/circle")).to.throw("too many links");
  });
});
