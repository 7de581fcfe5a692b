import { expect } from "chai";
import type { PodSpec } from "../../domain/kubernetes.js";
import { FakeInputs } from "../testing/fake-inputs.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

const SPEC: Partial<PodSpec> = {
  containers: [{ name: "c", image: "i", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
  volumes: [{ name: "v", configMap: { name: "m", optional: true } }],
};

function contents({ provider }: ControlWorld): readonly (readonly string[])[] {
  return provider
    .named("updateInputs")
    .map(({ inputs }) =>
      (inputs?.volumes ?? []).flatMap(({ files }) => files.map(({ content }) => Buffer.from(content).toString())),
    );
}

async function startRunning(world: ControlWorld, spec = SPEC): Promise<string> {
  world.openSession();
  const { metadata } = world.api.create("p", spec);
  await world.clock.settle();
  world.provider.run(metadata.uid);
  await world.settle();
  return metadata.uid;
}

describe("what a pod refers to", () => {
  it("is sent again when it changes, once for changes that come together, and not when it is the same", async () => {
    const inputs = new FakeInputs();
    inputs.set("m", { k: "1" });
    await using world = startControlWorld({ inputs });
    await startRunning(world);
    expect(contents(world)).to.deep.equal([]);
    inputs.set("m", { k: "2" });
    inputs.set("m", { k: "3" });
    await world.settle();
    inputs.set("m", { k: "3" });
    await world.settle();
    expect(contents(world)).to.deep.equal([["3"]]);
    expect(world.provider.named("updateInputs")[0]?.inputVersion).to.equal(2n);
  });

  it("reaches the pod when an optional object appears and when it goes", async () => {
    const inputs = new FakeInputs();
    await using world = startControlWorld({ inputs });
    await startRunning(world);
    inputs.set("m", { k: "here" });
    await world.settle();
    inputs.set("m", undefined);
    await world.settle();
    expect(contents(world)).to.deep.equal([["here"], []]);
  });

  it("stays as it is, with an event, when a needed object is deleted", async () => {
    const inputs = new FakeInputs();
    inputs.set("m", { k: "1" });
    await using world = startControlWorld({ inputs });
    await startRunning(world, { ...SPEC, volumes: [{ name: "v", configMap: { name: "m" } }] });
    inputs.set("m", undefined);
    await world.settle();
    expect(contents(world)).to.deep.equal([]);
    const told = world.events.filter(({ reason }) => reason !== "UnsupportedFeature");
    expect(told.map(({ reason, message }) => [reason, message])).to.deep.equal([
      ["FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "m" not found'],
    ]);
    inputs.set("m", { k: "2" });
    await world.settle();
    expect(contents(world)).to.deep.equal([["2"]]);
  });

  it("is followed until the pod has ended", async () => {
    const inputs = new FakeInputs();
    inputs.set("m", { k: "1" });
    await using world = startControlWorld({ inputs });
    const uid = await startRunning(world, { ...SPEC, restartPolicy: "Never" });
    expect([...inputs.followed]).to.deep.equal([[uid, ["m"]]]);
    world.provider.end(uid, 0);
    await world.settle();
    expect(inputs.followed.size).to.equal(0);
  });

  it("is resolved at once for a pod that an earlier process created, and followed from then on", async () => {
    const inputs = new FakeInputs();
    inputs.set("m", { k: "1" });
    await using first = startControlWorld({ inputs });
    const uid = await startRunning(first);
    inputs.unfollow(uid);
    inputs.set("m", { k: "2" });
    await using second = startControlWorld({ inputs, api: first.api, backend: first.provider });
    second.openSession();
    await second.settle();
    expect(contents(second)).to.deep.equal([["2"]]);
    expect([...inputs.followed.keys()]).to.deep.equal([uid]);
  });

  it("includes the pod's own labels, even if the provider cannot change metadata", async () => {
    await using world = startControlWorld({ inputs: new FakeInputs() });
    const items = [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }];
    await startRunning(world, { ...SPEC, volumes: [{ name: "v", downwardAPI: { items } }] });
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { metadata: { ...pod.metadata, labels: { tier: "front" } } });
    await world.settle();
    expect(contents(world)).to.deep.equal([['tier="front"']]);
  });

  it("may lack a pull secret: the pod starts, and the kubelet's warning comes when a pull has failed", async () => {
    await using world = startControlWorld({ inputs: new FakeInputs() });
    const uid = await startRunning(world, { ...SPEC, imagePullSecrets: [{ name: "a" }, { name: "b" }] });
    const told = (): ControlWorld["events"] =>
      world.events.filter(({ reason }) => reason === "FailedToRetrieveImagePullSecret");
    expect(told()).to.deep.equal([]);
    for (const reason of ["ErrImagePull", "ErrImagePull", "ImagePullBackOff"]) {
      const state = { kind: "waiting", reason, message: "no" } as const;
      const containers = world.provider.pods.get(uid)?.containers ?? [];
      world.provider.set(uid, { containers: containers.map((container) => ({ ...container, state })) });
    }
    await world.settle();
    expect(told().map(({ type, message, target }) => [type, message, target.fieldPath])).to.deep.equal([
      [
        "Warning",
        "Unable to retrieve some image pull secrets (a, b); attempting to pull the image may not succeed.",
        undefined,
      ],
    ]);
  });
});
