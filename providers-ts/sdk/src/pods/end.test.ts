import { Code, StopReason } from "@outboard/contract";
import { expect } from "chai";
import { FakeProvider, openWorld, orderOf, reasonOf, refusal } from "../harness.test.js";

const HOUR_MS = 3_600_000;

describe("StopPod", () => {
  it("needs a grace, and takes 0", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const error = await refusal(pods.stopPod({ uid: "u", reason: 1 }, options));
    expect([error.code, error.reason, error.violations[0]?.field]).to.deep.equal([
      Code.INVALID_ARGUMENT,
      "BAD_REQUEST",
      "grace_seconds",
    ]);
    await pods.stopPod({ uid: "u", graceSeconds: 0, reason: 1 }, options);
    expect(world.provider.calls.at(-1)).to.equal("stop u 0 1");
  });

  it("of an unknown pod leaves a tombstone, which a late CreatePod meets", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.stopPod({ uid: "u", graceSeconds: 30, reason: 1 }, options);
    const error = await refusal(pods.createPod(orderOf("u"), options));
    expect([error.code, error.reason]).to.deep.equal([Code.FAILED_PRECONDITION, "TOMBSTONED"]);
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("POD");
    expect(world.provider.calls).to.deep.equal(["start"]);
  });

  it("of an unknown pod waits while the inventory is incomplete", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    world.provider.host?.setInventoryComplete(false);
    expect(await reasonOf(pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options))).to.equal("NOT_READY");
    world.provider.host?.setInventoryComplete(true);
    await pods.createPod(orderOf("u"), options);
  });

  it("repeated: the earlier end wins, a longer grace is ignored, the first reason stays", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const stop = async (graceSeconds: number, reason: StopReason) =>
      await pods.stopPod({ uid: "u", graceSeconds, reason }, options);
    await stop(30, StopReason.DEADLINE);
    await stop(60, StopReason.USER);
    world.clock.advance(10_000);
    await stop(25, StopReason.USER);
    await stop(5, StopReason.USER);
    expect(world.provider.calls.slice(2)).to.deep.equal(["stop u 30 2", "stop u 5 2"]);
  });

  it("that failed is given to the provider again", async () => {
    const provider = new FakeProvider();
    let fails = true;
    provider.on.stopPod = async () => {
      if (fails) throw new Error("backend");
    };
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const request = { uid: "u", graceSeconds: 30, reason: 1 } as const;
    expect(await reasonOf(pods.stopPod(request, options))).to.equal(undefined);
    fails = false;
    await pods.stopPod(request, options);
    expect(provider.calls.slice(2)).to.deep.equal(["stop u 30 1", "stop u 30 1"]);
  });

  it("of an ended pod is OK without the provider", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.end("u");
    await pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options);
    expect(world.provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("behind a CreatePod that is on its way comes after it", async () => {
    const provider = new FakeProvider();
    const gate = Promise.withResolvers<void>();
    provider.on.createPod = async (order) => {
      await gate.promise;
      provider.publish(order.uid, {});
      return { backendId: "" };
    };
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    const create = pods.createPod(orderOf("u"), options);
    await new Promise((resolve) => setImmediate(resolve));
    const stop = pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options);
    gate.resolve();
    await Promise.all([create, stop]);
    expect(provider.calls).to.deep.equal(["start", "create u", "stop u 1 1"]);
  });
});

describe("ReleasePod", () => {
  it("before the end is refused", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const error = await refusal(pods.releasePod({ uid: "u" }, options));
    expect([error.code, error.reason]).to.deep.equal([Code.FAILED_PRECONDITION, "STILL_RUNNING"]);
  });

  it("forgets an ended pod and leaves a tombstone", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.end("u");
    await pods.releasePod({ uid: "u" }, options);
    expect(world.provider.calls.at(-1)).to.equal("release u");
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("POD");
    expect(await reasonOf(pods.createPod(orderOf("u"), options))).to.equal("TOMBSTONED");
  });

  it("is not needed for an ended pod whose backend forgot it: a tombstone remains", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.host?.expire?.("u");
    expect((await pods.getPod({ uid: "u" }, options)).pod?.uid).to.equal("u");
    world.provider.end("u");
    world.provider.host?.expire?.("u");
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("POD");
    expect(await reasonOf(pods.createPod(orderOf("u"), options))).to.equal("TOMBSTONED");
    expect(world.provider.calls).not.to.include("release u");
  });

  it("keeps the pod when the provider cannot release it", async () => {
    const provider = new FakeProvider();
    provider.on.releasePod = async () => await Promise.reject(new Error("backend"));
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    provider.end("u");
    await refusal(pods.releasePod({ uid: "u" }, options));
    expect((await pods.getPod({ uid: "u" }, options)).pod?.uid).to.equal("u");
  });

  it("of an unknown or released pod is OK and sets the tombstone", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.releasePod({ uid: "u" }, options);
    await pods.releasePod({ uid: "u" }, options);
    expect(await reasonOf(pods.createPod(orderOf("u"), options))).to.equal("TOMBSTONED");
  });

  it("of an unknown pod waits while the inventory is incomplete", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    world.provider.host?.setInventoryComplete(false);
    expect(await reasonOf(pods.releasePod({ uid: "u" }, options))).to.equal("NOT_READY");
  });

  it("makes late publications of the pod mean nothing", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.end("u");
    await pods.releasePod({ uid: "u" }, options);
    world.provider.publish("u", { backendId: "late" });
    expect(await reasonOf(pods.getPod({ uid: "u" }, options))).to.equal("POD");
  });
});

describe("tombstones", () => {
  for (const renew of ["stopPod", "releasePod"] as const) {
    it(`stand for an hour, which ${renew} starts again`, async () => {
      await using world = await openWorld();
      const { pods, options } = await world.owner();
      const bury = async () => {
        if (renew === "stopPod") await pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options);
        else await pods.releasePod({ uid: "u" }, options);
      };
      await bury();
      world.clock.advance(HOUR_MS - 1);
      await bury();
      world.clock.advance(HOUR_MS - 1);
      expect(await reasonOf(pods.createPod(orderOf("u"), options))).to.equal("TOMBSTONED");
      world.clock.advance(HOUR_MS);
      await pods.createPod(orderOf("u"), options);
    });
  }

  it("are answered by GetPod, UpdateInputs and UpdatePod with POD, even while the inventory is incomplete", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.stopPod({ uid: "u", graceSeconds: 1, reason: 1 }, options);
    world.provider.host?.setInventoryComplete(false);
    const order = orderOf("u");
    const calls = [
      pods.getPod({ uid: "u" }, options),
      pods.updateInputs({ uid: "u", inputs: order.inputs, inputVersion: 2n }, options),
      pods.updatePod({ ...order, changes: [1] }, options),
    ];
    for (const call of calls) expect(await reasonOf(call)).to.equal("POD");
    expect(await reasonOf(pods.createPod(order, options))).to.equal("TOMBSTONED");
  });

  it("let a pod that is created again go on above its old revision", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.end("u");
    const before = (await pods.getPod({ uid: "u" }, options)).pod?.revision ?? 0n;
    await pods.releasePod({ uid: "u" }, options);
    world.clock.advance(2 * HOUR_MS);
    await pods.createPod(orderOf("u"), options);
    const after = (await pods.getPod({ uid: "u" }, options)).pod?.revision ?? 0n;
    expect(after > before).to.equal(true);
  });
});
