import { expect } from "chai";
import { chmodSync, mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containerMounts } from "./mounts.js";
import { strictUmask, tempFolder } from "./testing/temp-folder.js";
import type { PlacedVolume } from "./volumes.js";

function readOnlyAt(folder: string): PlacedVolume {
  return { folder, readOnly: true };
}

function writableAt(folder: string): PlacedVolume {
  return { folder, readOnly: false };
}

describe("containerMounts", () => {
  it("puts parents first and leaves out volumes that are not made", async () => {
    const volumeMounts = [
      { name: "a", mountPath: "/x/y" },
      { name: "b", mountPath: "/x", readOnly: true },
      { name: "none", mountPath: "/z" },
    ];
    const volumes: Readonly<Record<string, PlacedVolume>> = {
      a: { folder: "/va", readOnly: false },
      b: { folder: "/vb", readOnly: false },
    };
    const mounts = await containerMounts({ name: "c", volumeMounts }, new Map(), (name) => volumes[name]);
    expect(mounts).to.deep.equal([
      { volume: "b", source: "/vb", mountPath: "/x", readOnly: true },
      { volume: "a", source: "/va", mountPath: "/x/y", readOnly: false },
    ]);
  });

  it("makes every mount of a read-only volume read-only, sub paths too", async () => {
    using folder = tempFolder();
    writeFileSync(join(folder.path, "k"), "v");
    const volumeMounts = [
      { name: "a", mountPath: "/x" },
      { name: "a", mountPath: "/y", subPath: "k", readOnly: false },
    ];
    const mounts = await containerMounts({ name: "c", volumeMounts }, new Map(), () => readOnlyAt(folder.path));
    expect(mounts.map(({ readOnly }) => readOnly)).to.deep.equal([true, true]);
  });

  it("makes a missing sub path as a folder like the volume's own, and takes the expanded one from the inputs", async () => {
    using folder = tempFolder();
    using _umask = strictUmask();
    chmodSync(folder.path, 0o3775);
    const volumeMounts = [{ name: "a", mountPath: "/x", subPathExpr: "$(N)" }];
    const [mount] = await containerMounts({ name: "c", volumeMounts }, new Map([["/x", "one/two"]]), () =>
      writableAt(folder.path),
    );
    expect(mount?.source).to.equal(join(realpathSync(folder.path), "one/two"));
    for (const path of ["one", "one/two"]) expect(statSync(join(folder.path, path)).mode & 0o7777).to.equal(0o3775);
  });

  it("says nothing of the host where a sub path cannot be had", async () => {
    using folder = tempFolder();
    writeFileSync(join(folder.path, "k"), "v");
    const volumeMounts = [{ name: "a", mountPath: "/x", subPath: "k/x" }];
    const error: unknown = await containerMounts({ name: "c", volumeMounts }, new Map(), () =>
      readOnlyAt(folder.path),
    ).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("message", 'failed to prepare subPath for volumeMount "a" of container "c"');
    expect(error).to.have.property("reason", "CreateContainerConfigError");
  });

  for (const subPath of ["../x", "/etc", "link"]) {
    it(`refuses the sub path ${subPath} that leaves the volume`, async () => {
      using folder = tempFolder();
      mkdirSync(join(folder.path, "v"));
      symlinkSync("/etc", join(folder.path, "v", "link"));
      const volumeMounts = [{ name: "a", mountPath: "/x", subPath }];
      const error: unknown = await containerMounts({ name: "c", volumeMounts }, new Map(), () =>
        writableAt(join(folder.path, "v")),
      ).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("reason", "CreateContainerConfigError");
    });
  }
});
