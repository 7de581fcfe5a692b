import { Code, Feature, PodInputs, PodStage } from "@outboard/contract";
import { expect } from "chai";
import { FakeProvider, openWorld, orderOf, reasonOf, refusal } from "../harness.test.js";

describe("CreatePod", () => {
  it("hands a new pod to the provider and answers its backend id", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    expect(await pods.createPod(orderOf("u"), options)).to.deep.equal({ backendId: "b-u" });
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("repeated with an equal digest answers the same and does nothing", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    expect(await pods.createPod(orderOf("u", { specRevision: 5n }), options)).to.deep.equal({ backendId: "b-u" });
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("repeated while the first is on its way waits and creates once", async () => {
    const provider = new FakeProvider();
    const gate = Promise.withResolvers<void>();
    provider.on.createPod = async (order) => {
      await gate.promise;
      provider.publish(order.uid, { specDigest: order.specDigest });
      return { backendId: "b-u" };
    };
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    const calls = [1, 2, 3].map(async () => await pods.createPod(orderOf("u"), options));
    gate.resolve();
    for (const answer of await Promise.all(calls)) expect(answer.backendId).to.equal("b-u");
    expect(provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("of an ended pod with an equal digest is OK and starts nothing", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.end("u");
    expect(await pods.createPod(orderOf("u", { inputVersion: 9n }), options)).to.deep.equal({ backendId: "b-u" });
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("of a known pod with another digest is a conflict, ended or not", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const running = await refusal(pods.createPod(orderOf("u", {}, "b"), options));
    expect([running.code, running.reason]).to.deep.equal([Code.ALREADY_EXISTS, "SPEC_CONFLICT"]);
    world.provider.end("u");
    expect(await reasonOf(pods.createPod(orderOf("u", {}, "b"), options))).to.equal("SPEC_CONFLICT");
  });

  it("of a known pod brings newer inputs, as UpdateInputs does", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    await pods.createPod(orderOf("u", { inputVersion: 3n }), options);
    expect(world.provider.calls).to.include("inputs u 3");
    expect((await pods.getPod({ uid: "u" }, options)).pod?.inputVersion).to.equal(3n);
  });

  it("waits while the inventory is incomplete", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    world.provider.host?.setInventoryComplete(false);
    const error = await refusal(pods.createPod(orderOf("u"), options));
    expect([error.code, error.reason]).to.deep.equal([Code.FAILED_PRECONDITION, "NOT_READY"]);
  });

  it("refuses features that are not declared, and names their places", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const admittedFeatures = [Feature.INIT_CONTAINERS, Feature.HOST_PID];
    const error = await refusal(
      pods.createPod(orderOf("u", { inputs: PodInputs.create({ admittedFeatures }) }), options),
    );
    expect([error.code, error.reason]).to.deep.equal([Code.INVALID_ARGUMENT, "UNSUPPORTED_FEATURE"]);
    expect(error.violations.map(({ field }) => field)).to.deep.equal(["inputs.admitted_features[1]"]);
    expect(error.message).to.contain("host_pid");
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("POD");
  });

  const broken: readonly (readonly [string, Parameters<typeof orderOf>[1]])[] = [
    ["uid", { uid: "" }],
    ["spec_revision", { specRevision: 0n }],
    ["spec_digest", { specDigest: new Uint8Array(31) }],
    ["manifest", { manifest: undefined }],
    ["manifest.json", { manifest: { json: Buffer.from("{") } }],
    ["manifest.json", { manifest: { json: Buffer.from('{"kind":"Pod","spec":{},"metadata":{"uid":"other"}}') } }],
    ["inputs", { inputs: undefined }],
    ["input_version", { inputVersion: 0n }],
    ["start_time", { startTime: undefined }],
    ["inputs.hostname", { inputs: PodInputs.create({ hostname: "h".repeat(65) }) }],
  ];
  for (const [index, [field, change]] of broken.entries()) {
    it(`refuses a request with a broken ${field} (${index})`, async () => {
      await using world = await openWorld();
      const { pods, options } = await world.owner();
      const error = await refusal(pods.createPod(orderOf("u", change), options));
      expect([error.code, error.reason]).to.deep.equal([Code.INVALID_ARGUMENT, "BAD_REQUEST"]);
      expect(error.violations.map((violation) => violation.field)).to.deep.equal([field]);
      expect(world.provider.calls).to.deep.equal(["start"]);
    });
  }

  it("goes on with its work when the caller gives up", async () => {
    const provider = new FakeProvider();
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    provider.on.createPod = async (order) => {
      begun.resolve();
      await gate.promise;
      provider.publish(order.uid, { specDigest: order.specDigest });
      return { backendId: "late" };
    };
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    const caller = new AbortController();
    const call = pods.createPod(orderOf("u"), { ...options, signal: caller.signal }).catch(() => "gave up");
    await begun.promise;
    caller.abort(new Error("gave up"));
    expect(await call).to.equal("gave up");
    gate.resolve();
    await pods.createPod(orderOf("u"), options);
    expect(provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("publishes an accepted pod for a provider that said nothing", async () => {
    const provider = new FakeProvider();
    provider.on.createPod = async () => ({ backendId: "b" });
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const { pod } = await pods.getPod({ uid: "u" }, options);
    expect(pod).to.include({ stage: PodStage.ACCEPTED, name: "p", namespace: "ns", backendId: "b", revision: 1n });
  });

  it("passes the provider's refusal on, and another error without its text", async () => {
    const provider = new FakeProvider();
    provider.on.createPod = async () => await Promise.reject(new Error("token=hunter2"));
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    const error = await refusal(pods.createPod(orderOf("u"), options));
    expect([error.code, error.reason]).to.deep.equal([Code.INTERNAL, undefined]);
    expect(error.message).to.not.contain("hunter2");
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("POD");
  });
});

describe("a pod that needs inputs", () => {
  const lost = { needsInputs: true, specRevision: 0n, specDigest: new Uint8Array(0), inputVersion: 4n };

  async function openLost() {
    const provider = new FakeProvider();
    provider.on.start = async () => provider.publish("u", lost);
    const world = await openWorld(provider);
    return { world, provider, caller: await world.owner() };
  }

  it("takes CreatePod with any digest and an equal input version", async () => {
    const { world, provider, caller } = await openLost();
    await using _ = world;
    provider.on.createPod = async (order) => {
      provider.publish("u", { needsInputs: false, specDigest: order.specDigest });
      return { backendId: "b-u" };
    };
    await caller.pods.createPod(orderOf("u", { inputVersion: 4n }), caller.options);
    expect((await caller.pods.getPod({ uid: "u" }, caller.options)).pod?.needsInputs).to.equal(false);
    expect(provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("passes over CreatePod with a lower input version", async () => {
    const { world, provider, caller } = await openLost();
    await using _ = world;
    expect(await caller.pods.createPod(orderOf("u", { inputVersion: 3n }), caller.options)).to.deep.equal({
      backendId: "b-u",
    });
    expect(provider.calls).to.deep.equal(["start"]);
  });

  it("refuses UpdateInputs and UpdatePod as not ready", async () => {
    const { world, caller } = await openLost();
    await using _ = world;
    const { pods, options } = caller;
    const calls = [
      pods.updateInputs({ uid: "u", inputs: PodInputs.create(), inputVersion: 9n }, options),
      pods.updatePod({ ...orderOf("u"), specRevision: 9n, changes: [1] }, options),
    ];
    for (const call of calls) expect(await reasonOf(call)).to.equal("NOT_READY");
  });

  it("can be stopped", async () => {
    const { world, provider, caller } = await openLost();
    await using _ = world;
    await caller.pods.stopPod({ uid: "u", graceSeconds: 3, reason: 1 }, caller.options);
    expect(provider.calls).to.deep.equal(["start", "stop u 3 1"]);
  });
});
