import { expect } from "chai";
import { describeEnclosed } from "@outboard/runtimes";
import { RuntimeError, type ContainerSpec } from "@outboard/provider-sdk";
import { NEEDS, World } from "../testing/world.js";

const KITTEN = "registry.k8s.io/e2e-test-images/kitten:1.8";

describeEnclosed({ title: "CriRuntime: image volumes", file: import.meta.filename, needs: NEEDS }, function () {
  this.timeout(60_000);
  let world: World;
  let imageId: string;

  before(async () => {
    world = await World.open("v2");
    ({ imageId } = await world.runtime.ensureImage(KITTEN, "IfNotPresent", [], AbortSignal.timeout(30_000)));
  });

  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  function mountsOf(mountPath: string, subPath = ""): ContainerSpec["mounts"] {
    return [{ volume: "v", source: "", mountPath, readOnly: true, image: { name: KITTEN, imageId, subPath } }];
  }

  it("show the image's files for reading only, and say so", async () => {
    const pod = await world.pod();
    const text = "cat /v/data.json /v/etc/os-release; echo x 2>/dev/null > /v/new || echo refused";
    const container = world.container(pod, ["sh", "-c", text], { mounts: mountsOf("/v") });
    const started = await world.runtime.startContainer(container);
    await world.end(pod.uid);
    expect(world.output(pod)).to.match(/kitten\.jpg[^]*Alpine Linux[^]*refused\n$/);
    expect(started.mounts).to.deep.equal([
      { name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Disabled" },
    ]);
    await world.runtime.removePod(pod.uid);
  });

  it("show one folder of the image", async () => {
    const { output } = await world.run("ls /v", { mounts: mountsOf("/v", "html") });
    expect(output).to.equal("data.json\n");
  });

  it("fail with what the runtime says of a sub path that is not there", async () => {
    const pod = await world.pod();
    const container = world.container(pod, ["true"], { mounts: mountsOf("/v", "not-existing") });
    const error: unknown = await world.runtime.startContainer(container).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(RuntimeError);
    expect(error).to.have.property("reason", "CreateContainerError");
    expect(error)
      .to.have.property("message")
      .that.matches(/not-existing/);
    await world.runtime.removePod(pod.uid);
  });
});
