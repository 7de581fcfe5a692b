import { Code, StatusError } from "@outboard/contract";
import { expect } from "chai";
import { FakeProvider, openWorld, orderOf, reasonOf, refusal, WatchReader } from "../harness.test.js";

describe("the guard", () => {
  it("may hold back a call until it lets go", async () => {
    const gate = Promise.withResolvers<void>();
    const provider = new FakeProvider();
    let isHolding = false;
    await using world = await openWorld(provider, { guard: async () => (isHolding ? await gate.promise : undefined) });
    const { pods, options } = await world.owner();
    isHolding = true;
    const call = pods.createPod(orderOf("u"), options);
    const late = await refusal(pods.getPod({ uid: "u" }, { ...options, deadlineMs: 50 }));
    expect([late.code, provider.calls]).to.deep.equal([Code.DEADLINE_EXCEEDED, ["start"]]);
    gate.resolve();
    await call;
    expect(provider.calls).to.deep.equal(["start", "create u"]);
  });

  it("may end every call and open stream", async () => {
    let isDown = false;
    const guard = () => {
      if (isDown) throw new StatusError(Code.UNAVAILABLE, "down");
    };
    await using world = await openWorld(new FakeProvider(), { guard });
    const { node, pods, options } = await world.owner();
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    isDown = true;
    expect((await refusal(node.getNode({}, options))).code).to.equal(Code.UNAVAILABLE);
    world.clock.advance(10_000);
    expect((await watch.end()).code).to.equal(Code.UNAVAILABLE);
  });
});

describe("limits of requests", () => {
  it("come after the session", async () => {
    await using world = await openWorld();
    const stranger = world.withSession("nobody");
    const uid = "u".repeat(129);
    expect(await reasonOf(stranger.pods.getPod({ uid }, stranger.options))).to.equal("SESSION");
    const { pods, options } = await world.owner();
    const error = await refusal(pods.getPod({ uid }, options));
    expect([error.reason, error.violations.map(({ field }) => field)]).to.deep.equal(["BAD_REQUEST", ["uid"]]);
  });
});

describe("the log", () => {
  it("has each call with its outcome at level debug, without texts", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await refusal(pods.getPod({ uid: "u" }, options));
    expect(world.log()).to.match(/"rpc":"\/outboard.provider.v1.PodService\/GetPod","code":"NOT_FOUND","reason":"POD"/);
  });
});
