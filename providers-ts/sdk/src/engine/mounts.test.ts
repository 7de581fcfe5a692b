import { expect } from "chai";
import { mkdirSync, realpathSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { containerMounts } from "./mounts.js";
import { tempFolder } from "./testing/temp-folder.js";

describe("containerMounts", () => {
  it("puts parents first and leaves out volumes that are not made", async () => {
    const volumeMounts = [
      { name: "a", mountPath: "/x/y" },
      { name: "b", mountPath: "/x", readOnly: true },
      { name: "none", mountPath: "/z" },
    ];
    const folders: Readonly<Record<string, string>> = { a: "/va", b: "/vb" };
    const mounts = await containerMounts({ name: "c", volumeMounts }, new Map(), (name) => folders[name]);
    expect(mounts).to.deep.equal([
      { volume: "b", source: "/vb", mountPath: "/x", readOnly: true },
      { volume: "a", source: "/va", mountPath: "/x/y", readOnly: false },
    ]);
  });

  it("makes a missing sub path as a folder and takes the expanded one from the inputs", async () => {
    using folder = tempFolder();
    const volumeMounts = [{ name: "a", mountPath: "/x", subPathExpr: "$(N)" }];
    const [mount] = await containerMounts({ name: "c", volumeMounts }, new Map([["/x", "one/two"]]), () => folder.path);
    expect(mount?.source).to.equal(join(realpathSync(folder.path), "one/two"));
    expect(statSync(join(folder.path, "one/two")).mode & 0o777).to.equal(0o750);
  });

  for (const subPath of ["../x", "/etc", "link"]) {
    it(`refuses the sub path ${subPath} that leaves the volume`, async () => {
      using folder = tempFolder();
      mkdirSync(join(folder.path, "v"));
      symlinkSync("/etc", join(folder.path, "v", "link"));
      const volumeMounts = [{ name: "a", mountPath: "/x", subPath }];
      const error: unknown = await containerMounts({ name: "c", volumeMounts }, new Map(), () =>
        join(folder.path, "v"),
      ).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("reason", "CreateContainerConfigError");
    });
  }
});
