import { Capability, Code, Feature, PodChange, PodInputs, PodStage } from "@outboard/contract";
import { expect } from "chai";
import { FakeProvider, openWorld, orderOf, reasonOf, refusal, runningContainer } from "../harness.test.js";

const inputs = PodInputs.create();

describe("UpdateInputs", () => {
  it("puts a higher version in force and reports it", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    await pods.updateInputs({ uid: "u", inputs, inputVersion: 5n }, options);
    expect(world.provider.calls.at(-1)).to.equal("inputs u 5");
    expect((await pods.getPod({ uid: "u" }, options)).pod?.inputVersion).to.equal(5n);
  });

  it("with an equal or lower version is OK without effect", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u", { inputVersion: 3n }), options);
    for (const inputVersion of [3n, 2n]) await pods.updateInputs({ uid: "u", inputs, inputVersion }, options);
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("of an ended pod is OK without effect", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.end("u");
    await pods.updateInputs({ uid: "u", inputs, inputVersion: 5n }, options);
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("of an unknown pod is refused: not found, or not ready while the inventory is incomplete", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const update = async () => await reasonOf(pods.updateInputs({ uid: "u", inputs, inputVersion: 5n }, options));
    expect(await update()).to.equal("POD");
    world.provider.host?.setInventoryComplete(false);
    expect(await update()).to.equal("NOT_READY");
  });

  it("refuses undeclared features", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const wanted = PodInputs.create({ admittedFeatures: [Feature.HOST_IPC] });
    expect(await reasonOf(pods.updateInputs({ uid: "u", inputs: wanted, inputVersion: 5n }, options))).to.equal(
      "UNSUPPORTED_FEATURE",
    );
  });

  it("refuses a request without uid, inputs or version", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const error = await refusal(pods.updateInputs({ uid: "", inputVersion: 0n }, options));
    expect(error.violations.map(({ field }) => field)).to.deep.equal(["uid", "inputs", "input_version"]);
  });
});

describe("UpdatePod", () => {
  const change = (spec: string, specRevision: bigint, changes: readonly PodChange[] = [PodChange.IMAGE]) => ({
    ...orderOf("u", { specRevision }, spec),
    changes,
  });

  it("hands a change to the provider and reports it", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    await pods.updatePod({ ...change("b", 2n), inputVersion: 4n }, options);
    expect(world.provider.calls.at(-1)).to.equal("update u");
    const { pod } = await pods.getPod({ uid: "u" }, options);
    expect([pod?.specRevision, pod?.inputVersion]).to.deep.equal([2n, 4n]);
    expect(Buffer.from(pod?.specDigest ?? [])).to.deep.equal(Buffer.from(change("b", 2n).specDigest));
  });

  it("with the digest in force is OK without effect, whatever the revision and stage", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u", { specRevision: 5n }), options);
    await pods.updatePod(change("a", 1n), options);
    world.provider.end("u");
    await pods.updatePod(change("a", 9n), options);
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("with a revision that is not above the observed one is stale", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u", { specRevision: 5n }), options);
    const error = await refusal(pods.updatePod(change("b", 5n), options));
    expect([error.code, error.reason]).to.deep.equal([Code.FAILED_PRECONDITION, "STALE_REVISION"]);
  });

  for (const stage of [PodStage.STOPPING, PodStage.ENDED] as const) {
    it(`of a pod in stage ${stage} is refused`, async () => {
      await using world = await openWorld();
      const { pods, options } = await world.owner();
      await pods.createPod(orderOf("u"), options);
      world.provider.publish("u", { stage, containers: [runningContainer("c")] });
      expect(await reasonOf(pods.updatePod(change("b", 2n), options))).to.equal("NOT_RUNNING");
    });
  }

  it("of an undeclared kind is refused", async () => {
    const provider = new FakeProvider();
    provider.capabilities = [Capability.UPDATE_METADATA];
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const error = await refusal(pods.updatePod(change("b", 2n, [PodChange.METADATA, PodChange.IMAGE]), options));
    expect([error.code, error.reason]).to.deep.equal([Code.UNIMPLEMENTED, "CAPABILITY"]);
    expect(provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("is refused as a whole where no kind is declared, before the request is looked at", async () => {
    const provider = new FakeProvider();
    provider.capabilities = [];
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    expect(await reasonOf(pods.updatePod({ ...change("b", 2n), uid: "" }, options))).to.equal("CAPABILITY");
  });

  it("needs at least one kind, and none that is unspecified", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    for (const changes of [[], [PodChange.UNSPECIFIED]]) {
      const error = await refusal(pods.updatePod(change("b", 2n, changes), options));
      expect([error.reason, error.violations[0]?.field]).to.deep.equal(["BAD_REQUEST", "changes"]);
    }
  });
});

describe("GetPod", () => {
  it("tells unknown from not known yet", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const error = await refusal(pods.getPod({ uid: "u" }, options));
    expect([error.code, error.reason]).to.deep.equal([Code.NOT_FOUND, "POD"]);
    world.provider.host?.setInventoryComplete(false);
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("NOT_READY");
  });

  it("counts revisions up from 1 with each new content, and not with observed_at", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const read = async () => (await pods.getPod({ uid: "u" }, options)).pod;
    expect((await read())?.revision).to.equal(1n);
    world.provider.publish("u", { observedAt: new Date(5000) });
    expect([(await read())?.revision, (await read())?.observedAt]).to.deep.equal([1n, new Date(5000)]);
    world.provider.publish("u", { podIps: ["10.0.0.1"] });
    expect((await read())?.revision).to.equal(2n);
  });

  it("refuses an empty uid", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    expect(await reasonOf(pods.getPod({ uid: "" }, options))).to.equal("BAD_REQUEST");
  });
});
