import { expect } from "chai";
import type { PodSpec } from "../../domain/kubernetes.js";
import { FakeInputs } from "../testing/fake-inputs.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

const SPEC: Partial<PodSpec> = { volumes: ["a", "b"].map((name) => ({ name, configMap: { name } })) };

function told({ events }: ControlWorld): readonly string[] {
  return events
    .filter(({ reason }) => reason.startsWith("Failed"))
    .map(({ reason, message }) => `${reason}: ${message}`);
}

describe("a pod whose volumes cannot be filled", () => {
  it("is told of as often as the kubelet tells: five times in twelve seconds, then after pauses that double", async () => {
    const inputs = new FakeInputs();
    inputs.set("b", {});
    await using world = startControlWorld({ inputs });
    world.openSession();
    world.api.create("p", SPEC);
    await world.clock.advance(12_000);
    const text = 'FailedMount: MountVolume.SetUp failed for volume "a" : configmap "a" not found';
    expect(told(world)).to.deep.equal([text, text, text, text, text]);
    await world.clock.advance(600_000);
    expect(told(world)).to.have.length(12); // at 15.5, 31.5, 63.5, 127.5, 249.5, 371.5 and 493.5 s
    expect(world.provider.calls).to.deep.equal([]);
  });

  it("is told of each volume", async () => {
    await using world = startControlWorld({ inputs: new FakeInputs() });
    world.openSession();
    world.api.create("p", SPEC);
    await world.settle();
    expect(told(world)).to.deep.equal([
      'FailedMount: MountVolume.SetUp failed for volume "a" : configmap "a" not found',
      'FailedMount: MountVolume.SetUp failed for volume "b" : configmap "b" not found',
    ]);
  });

  it("is created at once when they can, however long the pause was", async () => {
    const inputs = new FakeInputs();
    await using world = startControlWorld({ inputs });
    world.openSession();
    world.api.create("p", SPEC);
    await world.clock.advance(130_000);
    inputs.set("a", {});
    await world.settle();
    expect(world.provider.named("create")).to.deep.equal([]);
    inputs.set("b", {});
    await world.settle();
    expect(world.provider.named("create")).to.have.length(1);
  });

  it("is created soon if what was missing appeared while it was read", async () => {
    const inputs = new FakeInputs();
    inputs.set("b", {});
    await using world = startControlWorld({ inputs });
    world.openSession();
    world.api.create("p", SPEC);
    await world.clock.advance(20_000);
    const read = inputs.configMap.bind(inputs);
    inputs.configMap = async (namespace, name) => {
      const found = await read(namespace, name);
      if (name === "a" && found === undefined) inputs.set("a", {});
      return found;
    };
    await world.clock.advance(13_000); // the next look is at 31.5 s
    expect(world.provider.named("create")).to.have.length(1);
  });

  it("is told of with short pauses again once it had them", async () => {
    const inputs = new FakeInputs();
    await using world = startControlWorld({ inputs });
    world.openSession();
    const { uid } = world.api.create("p", SPEC).metadata;
    await world.clock.advance(60_000);
    for (const name of ["a", "b"]) inputs.set(name, {});
    await world.settle();
    world.provider.run(uid);
    await world.settle();
    const before = told(world).length;
    inputs.set("a", undefined);
    await world.clock.advance(12_250);
    expect(told(world).slice(before)).to.have.length(5);
    expect(world.api.byName("p")?.status?.phase).to.equal("Running");
  });
});

describe("a pod with an unknown RuntimeClass", () => {
  it("is told of at each sync, as the kubelet does", async () => {
    await using world = startControlWorld({ inputs: new FakeInputs() });
    world.openSession();
    world.api.create("p", { runtimeClassName: "none" });
    await world.clock.advance(25_000);
    const text = 'FailedCreatePodSandBox: Failed to create pod sandbox: runtimeclass.node.k8s.io "none" not found';
    expect(told(world)).to.deep.equal([text, text, text]);
  });
});
