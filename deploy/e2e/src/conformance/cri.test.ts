import { tmpdir } from "node:os";
import { expect } from "chai";
import {
  BUSYBOX_IMAGE,
  type Containerd,
  describeEnclosed,
  findTestImages,
  PAUSE_IMAGE,
  type Registry,
  startContainerd,
  startRegistry,
} from "@outboard/runtimes";
import { busyboxKit, expectConformant, keepLog, LIMIT_MS } from "./judge.js";

const suite = {
  title: "the conformance suite, over containerd",
  file: import.meta.filename,
  needs: ["containerd-v2", "images"],
  timeoutMs: LIMIT_MS,
} as const;

describeEnclosed(suite, function () {
  this.timeout(LIMIT_MS);
  let registry: Registry;
  let containerd: Containerd;
  before(async () => {
    registry = await startRegistry({ store: findTestImages() ?? "" });
    containerd = await startContainerd({ version: "v2", registry });
    await containerd.pull(BUSYBOX_IMAGE, PAUSE_IMAGE);
  });
  after(async () => {
    keepLog("cri", containerd.logFile);
    await containerd.close();
    await registry[Symbol.asyncDispose]();
  });

  it("finds the cri provider conformant, which leaves no container", async () => {
    const flags = ["--cri-socket", containerd.endpoint];
    await expectConformant({ provider: "cri", flags, kit: busyboxKit(tmpdir()), leastPassed: 344 });
    expect(await containerd.ctr("containers", "ls", "-q")).to.equal("");
  });
});
