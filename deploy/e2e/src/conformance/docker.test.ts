import { tmpdir } from "node:os";
import { expect } from "chai";
import {
  BUSYBOX_IMAGE,
  describeEnclosed,
  type DockerRuntime,
  findTestImages,
  type Registry,
  startDockerd,
  startRegistry,
} from "@outboard/runtimes";
import { busyboxKit, expectConformant, LIMIT_MS, withheldCapabilities } from "./judge.js";

const suite = {
  title: "the conformance suite, over dockerd",
  file: import.meta.filename,
  needs: ["dockerd", "images"],
  timeoutMs: LIMIT_MS,
} as const;

describeEnclosed(suite, function () {
  this.timeout(LIMIT_MS);
  let registry: Registry;
  let dockerd: DockerRuntime;
  before(async () => {
    registry = await startRegistry({ store: findTestImages() ?? "" });
    dockerd = await startDockerd({ registry });
    await dockerd.command("pull", BUSYBOX_IMAGE);
  });
  after(async () => {
    await dockerd.close();
    await registry[Symbol.asyncDispose]();
  });

  it("finds the docker provider conformant, which leaves no container", async () => {
    const flags = ["--docker-socket", dockerd.socket];
    const [kit, skips] = [busyboxKit(tmpdir()), withheldCapabilities()];
    await expectConformant({ provider: "docker", flags, kit, leastPassed: 342, skips });
    expect(await dockerd.command("ps", "--all", "--quiet")).to.equal("");
  });
});
