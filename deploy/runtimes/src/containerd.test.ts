import { expect } from "chai";
import { eventually, findLeftovers } from "@outboard/devcluster";
import { type Containerd, startContainerd } from "./containerd.js";
import { describeEnclosed } from "./enclosed-suite.js";
import { mountsIn } from "./folder.js";
import { BUSYBOX_IMAGE, PAUSE_IMAGE } from "./images/recipes.js";
import { findTestImages } from "./images/test-images.js";
import { type Registry, startRegistry } from "./registry.js";

const needs = ["containerd", "containerd-v2", "images"] as const;

describeEnclosed({ title: "startContainerd", file: import.meta.filename, needs }, () => {
  for (const version of ["debian", "v2"] as const) {
    describe(version, function () {
      this.timeout(60_000);
      let registry: Registry;
      let containerd: Containerd;

      before(async () => {
        registry = await startRegistry({ store: findTestImages() ?? "" });
        containerd = await startContainerd({ version, registry });
        await containerd.pull(BUSYBOX_IMAGE);
      });

      after(async () => {
        await containerd.close();
        await registry[Symbol.asyncDispose]();
      });

      it("is the version that was asked for", () => {
        expect(containerd.versionText).to.match(version === "v2" ? /^v?2\.4\.2$/ : /^1\.6\./);
      });

      it("runs a container of an image from the registry", async () => {
        expect(await containerd.ctr("run", "--rm", BUSYBOX_IMAGE, "once", "echo", "hello")).to.equal("hello\n");
        expect(registry.requests().map(({ host }) => host)).to.include("registry.k8s.io");
      });

      it("does not find an unknown image, and asks nobody else for it", async () => {
        const failed = await containerd.pull("registry.k8s.io/none/missing:1").catch((error: Error) => error.message);
        expect(failed).to.contain("not found");
      });

      it("keeps containers while it is killed and started again", async () => {
        await containerd.ctr("run", "--detach", BUSYBOX_IMAGE, "lasting", "sleep", "1000");
        await containerd.kill();
        await containerd.restart();
        expect(await containerd.ctr("task", "ls")).to.match(/lasting\s+\d+\s+RUNNING/);
      });

      it("leaves neither processes nor mounts when it is closed", async () => {
        const other = await startContainerd({ version, registry });
        await other.pull(BUSYBOX_IMAGE);
        await other.ctr("run", "--detach", BUSYBOX_IMAGE, "other", "sleep", "1000");
        expect(mountsIn(other.folder)).to.not.be.empty;
        await other.close();
        await eventually(() => findLeftovers(other.folder).length === 0, { message: "its processes ended" });
        expect(mountsIn(other.folder)).to.be.empty;
      });

      it("pins the sandbox image by the name that the registry serves", async () => {
        await containerd.pull(PAUSE_IMAGE);
        expect(await containerd.ctr("images", "ls", "-q")).to.contain(PAUSE_IMAGE);
      });
    });
  }
});
