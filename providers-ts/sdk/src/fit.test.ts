import { expect } from "chai";
import { endedContainer, openWorld, orderOf } from "./harness.test.js";

describe("answers over their limits", () => {
  it("have their texts for people cut", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    const ended = endedContainer("c", 1);
    const value = { exitCode: 1, reason: "", containerId: "", message: "ü".repeat(5000) };
    world.provider.publish("u", {
      failure: { reason: "R", message: "x".repeat(9000) },
      containers: [{ ...ended, state: { $case: "terminated", value } }],
    });
    const { pod } = await pods.getPod({ uid: "u" }, options);
    const state = pod?.containers[0]?.state;
    expect(Buffer.byteLength(pod?.failure?.message ?? "")).to.be.within(4000, 4096);
    expect(Buffer.byteLength(state?.$case === "terminated" ? state.value.message : "")).to.be.within(4000, 4096);
  });

  it("are dropped with a warning that names the field where nothing may be cut", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("u"), options);
    world.provider.publish("u", { backendId: "b".repeat(2000) });
    expect((await pods.getPod({ uid: "u" }, options)).pod?.backendId).to.equal("b-u");
    expect(world.log()).to.contain("dropped").and.contain("backend_id");
  });

  it("of the node are cut, or replaced by a report that says so", async () => {
    await using world = await openWorld();
    const { node, options } = await world.owner();
    world.provider.on.node = () => ({ state: "ready", info: new Map([["k", "v".repeat(5000)]]) });
    expect((await node.getNode({}, options)).info.get("k")?.length).to.be.within(1000, 1024);
    world.provider.on.node = () => ({ state: "broken", reason: "R".repeat(500) });
    expect((await node.getNode({}, options)).reason).to.equal("InternalError");
  });
});
