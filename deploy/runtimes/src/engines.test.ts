import { expect } from "chai";
import { eventually, findLeftovers } from "@outboard/devcluster";
import { type DockerRuntime, startDockerd } from "./dockerd.js";
import { describeEnclosed } from "./enclosed-suite.js";
import { mountsIn } from "./folder.js";
import { BUSYBOX_IMAGE } from "./images/recipes.js";
import { findTestImages } from "./images/test-images.js";
import { startPodman } from "./podman.js";
import { type Registry, REGISTRY_ACCOUNT, startRegistry } from "./registry.js";

const ENGINES = { startDockerd, startPodman };
const needs = ["dockerd", "podman", "images"] as const;

describeEnclosed({ title: "engines of the Docker API", file: import.meta.filename, needs }, () => {
  for (const [name, start] of Object.entries(ENGINES)) {
    describe(name, function () {
      this.timeout(90_000);
      let registry: Registry;
      let engine: DockerRuntime;

      before(async () => {
        registry = await startRegistry({ store: findTestImages() ?? "" });
        engine = await start({ registry });
      });

      after(async () => {
        await engine?.close();
        await registry[Symbol.asyncDispose]();
      });

      it("runs a container of an image from the registry", async () => {
        await engine.command("pull", BUSYBOX_IMAGE);
        expect(await engine.command("run", "--rm", BUSYBOX_IMAGE, "echo", "hello")).to.equal("hello\n");
      });

      it("pulls short names as Docker does", async () => {
        await engine.command("pull", "busybox");
        expect(await engine.command("run", "--rm", "busybox", "echo", "short")).to.equal("short\n");
      });

      it("pulls from a private host after it logged in, and not before", async () => {
        const image = "private.example.com/e2e-test-images/nonroot:1.5";
        const refused = await engine.command("pull", image).catch((error: Error) => error.message);
        expect(refused).to.match(/no basic auth|unauthorized|authentication required/);
        if (name === "startPodman") {
          const { username, password } = REGISTRY_ACCOUNT;
          await engine.command("pull", "--creds", `${username}:${password}`, image);
          expect(await engine.command("run", "--rm", image, "id", "-u")).to.equal("1234\n");
        }
      });

      it("keeps containers while it is killed and started again", async () => {
        await engine.command("run", "--detach", "--name", "lasting", BUSYBOX_IMAGE, "sleep", "1000");
        await engine.kill();
        await engine.restart();
        expect(await engine.command("ps", "--format", "{{.Names}} {{.Status}}")).to.match(/lasting Up/);
      });

      it("leaves neither processes nor mounts when it is closed", async () => {
        await engine.close();
        await eventually(() => findLeftovers(engine.folder).length === 0, { message: "its processes ended" });
        expect(mountsIn(engine.folder)).to.be.empty;
      });
    });
  }
});
