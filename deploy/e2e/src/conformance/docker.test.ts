import { tmpdir } from "node:os";
import { expect } from "chai";
import {
  BUSYBOX_IMAGE,
  describeEnclosed,
  type DockerRuntime,
  findTestImages,
  type Registry,
  startDockerd,
  startPodman,
  startRegistry,
} from "@outboard/runtimes";
import { busyboxKit, expectConformant, LIMIT_MS, withheldCapabilities } from "./judge.js";

const ENGINES = { dockerd: startDockerd, podman: startPodman } as const;

const suite = {
  title: "the conformance suite, over engines with Docker's API",
  file: import.meta.filename,
  needs: ["dockerd", "podman", "images"],
  timeoutMs: LIMIT_MS * Object.keys(ENGINES).length,
} as const;

describeEnclosed(suite, () => {
  let registry: Registry;
  before(async () => {
    registry = await startRegistry({ store: findTestImages() ?? "" });
  });
  after(async () => registry[Symbol.asyncDispose]());

  for (const [name, start] of Object.entries(ENGINES)) {
    describe(name, function () {
      this.timeout(LIMIT_MS);
      let engine: DockerRuntime;
      before(async () => {
        engine = await start({ registry });
        await engine.command("pull", BUSYBOX_IMAGE);
      });
      after(async () => engine.close());

      it("lets the docker provider be conformant, which leaves no container", async () => {
        const flags = ["--docker-socket", engine.socket];
        const [kit, skips] = [busyboxKit(tmpdir()), withheldCapabilities()];
        await expectConformant({ provider: "docker", flags, kit, leastPassed: 342, skips });
        expect(await engine.command("ps", "--all", "--quiet")).to.equal("");
      });
    });
  }
});
