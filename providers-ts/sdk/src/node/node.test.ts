import { ProviderState } from "@outboard/contract";
import { expect } from "chai";
import { eventually, FakeProvider, openWorld, orderOf, reasonOf, WatchReader } from "../harness.test.js";

describe("GetNode", () => {
  it("is STARTING with an incomplete inventory until the provider has started", async () => {
    const provider = new FakeProvider();
    const gate = Promise.withResolvers<void>();
    provider.on.start = async () => await gate.promise;
    await using world = await openWorld(provider);
    const { node, pods, options } = await world.owner();
    const before = await node.getNode({}, options);
    expect([before.state, before.inventoryComplete]).to.deep.equal([ProviderState.STARTING, false]);
    expect(await reasonOf(pods.createPod(orderOf("u"), options))).to.equal("NOT_READY");
    const snapshot = await new WatchReader(pods.watchPods({ snapshotOnly: true }, options)).until("snapshotEnd");
    expect(snapshot.at(-1)?.value).to.deep.equal({ complete: false });
    gate.resolve();
    await eventually(() => world.log().includes("provider started"));
    const after = await node.getNode({}, options);
    expect([after.state, after.inventoryComplete]).to.deep.equal([ProviderState.READY, true]);
  });

  it("is BROKEN after a start that failed, and READY after one that was repeated with back-off", async () => {
    const provider = new FakeProvider();
    let failures = 2;
    provider.on.start = async () => {
      if (failures-- > 0) throw new Error("no backend: password=hunter2");
    };
    await using world = await openWorld(provider);
    const { node, options } = await world.owner();
    const states: unknown[] = [];
    for (const wait of [500, 1000, 0]) {
      await eventually(() => provider.calls.length === states.length + 1);
      await new Promise((resolve) => setImmediate(resolve));
      const { state, inventoryComplete } = await node.getNode({}, options);
      states.push([state, inventoryComplete]);
      world.clock.advance(wait);
    }
    expect(states).to.deep.equal([
      [ProviderState.BROKEN, false],
      [ProviderState.BROKEN, false],
      [ProviderState.READY, true],
    ]);
    expect(world.log()).to.not.contain("hunter2");
  });

  it("merges the provider's report with what the SDK knows", async () => {
    const provider = new FakeProvider();
    provider.on.node = () => ({
      state: "degraded",
      reason: "Slow",
      message: "the backend is slow",
      info: new Map([["a", "b"]]),
    });
    await using world = await openWorld(provider);
    const { node, options } = await world.owner();
    provider.host?.setInventoryComplete(false);
    const answer = await node.getNode({}, options);
    expect(answer).to.include({
      state: ProviderState.DEGRADED,
      reason: "Slow",
      message: "the backend is slow",
      inventoryComplete: false,
    });
    expect([...answer.info]).to.deep.equal([["a", "b"]]);
    expect(answer.validForSeconds).to.equal(20);
  });

  it("answers even when the report throws", async () => {
    const provider = new FakeProvider();
    provider.on.node = () => {
      throw new Error("bug");
    };
    await using world = await openWorld(provider);
    const { node, options } = await world.owner();
    expect((await node.getNode({}, options)).state).to.equal(ProviderState.BROKEN);
  });
});

describe("a served provider", () => {
  it("is stopped after its calls at a shutdown, and only if it was started", async () => {
    const started = new FakeProvider();
    const idle = new FakeProvider();
    {
      await using world = await openWorld(started);
      await world.owner();
      await using other = await openWorld(idle);
      await other.observer();
    }
    expect([started.calls, idle.calls]).to.deep.equal([["start", "stop"], []]);
  });

  it("is told the node configuration at each owner handshake", async () => {
    const provider = new FakeProvider();
    const domains: string[] = [];
    provider.on.configure = () => {
      throw new Error("bug");
    };
    await using world = await openWorld(provider);
    await world.owner(); // what the provider throws does not matter
    provider.on.configure = ({ clusterDomain }) => domains.push(clusterDomain);
    const nodeConfiguration = { clusterDns: [], podCidrs: [], kubernetesVersion: "" };
    await world.owner({ nodeConfiguration: { ...nodeConfiguration, clusterDomain: "a" } });
    await world.owner({ nodeConfiguration: { ...nodeConfiguration, clusterDomain: "b" } });
    expect(domains).to.deep.equal(["a", "b"]);
  });
});
