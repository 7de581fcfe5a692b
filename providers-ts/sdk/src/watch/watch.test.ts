import { Code, PodEventType, PodStage } from "@outboard/contract";
import { expect } from "chai";
import {
  endedContainer,
  eventually,
  FakeProvider,
  openWorld,
  orderOf,
  runningContainer,
  WatchReader,
} from "../harness.test.js";

function eventOf(uid: string, message: string) {
  return { uid, time: new Date(0), type: PodEventType.NORMAL, reason: "Test", container: "", message, count: 1 };
}

describe("WatchPods", () => {
  it("begins with a snapshot of every pod, then goes on live", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    await pods.createPod(orderOf("b"), options);
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    const snapshot = await watch.until("snapshotEnd");
    expect(snapshot.map(({ $case }) => $case)).to.deep.equal([
      "snapshotBegin",
      "observation",
      "observation",
      "snapshotEnd",
    ]);
    expect(snapshot.at(-1)?.value).to.deep.equal({ complete: true });
    world.provider.publish("a", { podIps: ["10.0.0.1"] });
    const live = await watch.next();
    expect(live.$case === "observation" && [live.value.uid, live.value.revision]).to.deep.equal(["a", 2n]);
  });

  it("puts one epoch on the snapshot and on each observation", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    const [begin, observation] = await new WatchReader(pods.watchPods({ snapshotOnly: true }, options)).until(
      "snapshotEnd",
    );
    const epoch = begin?.$case === "snapshotBegin" ? begin.value.epoch : "";
    expect(epoch).to.not.equal("");
    expect(observation?.$case === "observation" && observation.value.epoch).to.equal(epoch);
  });

  it("with snapshot_only ends with OK after the snapshot, without events", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    world.provider.host?.event(eventOf("a", "x"));
    const found: (string | undefined)[] = [];
    for await (const { event } of pods.watchPods({ snapshotOnly: true }, options)) found.push(event?.$case);
    expect(found).to.deep.equal(["snapshotBegin", "observation", "snapshotEnd"]);
  });

  it("says when the inventory is incomplete", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    world.provider.host?.setInventoryComplete(false);
    const snapshot = await new WatchReader(pods.watchPods({ snapshotOnly: true }, options)).until("snapshotEnd");
    expect(snapshot.at(-1)?.value).to.deep.equal({ complete: false });
  });

  it("replays at most 64 kept events after the snapshot, and then sends new ones", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    for (let number = 1; number <= 70; number += 1) world.provider.host?.event(eventOf("a", String(number)));
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    const kept: bigint[] = [];
    for (let count = 0; count < 64; count += 1) {
      const message = await watch.next();
      if (message.$case === "podEvent") kept.push(message.value.seq);
    }
    expect(kept).to.deep.equal(Array.from({ length: 64 }, (_, index) => BigInt(index + 7)));
    world.provider.host?.event(eventOf("a", "new"));
    const live = await watch.next();
    expect(live.$case === "podEvent" && [live.value.seq, live.value.message]).to.deep.equal([71n, "new"]);
  });

  it("tells of a release once, and of nothing more of that pod", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    world.provider.end("a");
    await pods.releasePod({ uid: "a" }, options);
    world.provider.publish("a", { backendId: "late" });
    await pods.createPod(orderOf("b"), options);
    const messages = [await watch.next(), await watch.next(), await watch.next()];
    expect(messages.map(({ $case, value }) => [$case, "uid" in value && value.uid])).to.deep.equal([
      ["observation", "a"],
      ["podForgotten", "a"],
      ["observation", "b"],
    ]);
  });

  it("sends a heartbeat at least every 10 s", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    for (let count = 0; count < 3; count += 1) {
      world.clock.advance(10_000);
      expect((await watch.next()).$case).to.equal("heartbeat");
    }
  });

  it("sends heartbeats inside the snapshot too, when its reader is slow", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const failure = { reason: "R", message: "x".repeat(4000) };
    for (let number = 0; number < 2000; number += 1) world.provider.publish(`u${number}`, { failure });
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: true }, options));
    expect((await watch.next()).$case).to.equal("snapshotBegin");
    await new Promise((resolve) => setTimeout(resolve, 50)); // the stream fills its buffers
    world.clock.advance(10_000);
    const snapshot = await watch.until("snapshotEnd");
    expect(snapshot.filter(({ $case }) => $case === "observation")).to.have.length(2000);
    expect(snapshot.filter(({ $case }) => $case === "heartbeat")).to.have.length(1);
  });

  it("serves several watches at once, each with everything", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const watches = [1, 2, 3].map(() => new WatchReader(pods.watchPods({ snapshotOnly: false }, options)));
    for (const watch of watches) await watch.until("snapshotEnd");
    await pods.createPod(orderOf("a"), options);
    for (const watch of watches) expect((await watch.next()).$case).to.equal("observation");
  });

  it("ends with UNAVAILABLE and no reason when the provider shuts down", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    const ended = watch.end();
    await world.shutDown();
    const error = await ended;
    expect([error.code, error.reason]).to.deep.equal([Code.UNAVAILABLE, undefined]);
  });

  it("is let go of when its reader leaves", async () => {
    const provider = new FakeProvider();
    await using world = await openWorld(provider);
    const { pods, options } = await world.owner();
    const reader = new AbortController();
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, { ...options, signal: reader.signal }));
    await watch.until("snapshotEnd");
    reader.abort(new Error("left"));
    await watch.end().catch(() => {});
    await world.shutDown(); // would wait for its drain time if the stream were still open
    expect(provider.calls.at(-1)).to.equal("stop");
  });

  it("never overwrites a container's change before it is sent, even with a slow reader", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    for (let instance = 0; instance < 7; instance += 1) {
      world.provider.publish("a", { containers: [endedContainer("c", 1, instance)] });
      world.provider.publish("a", { containers: [runningContainer("c", instance + 1)] });
    }
    const states: string[] = [];
    while (states.length < 14) {
      const message = await watch.next();
      if (message.$case !== "observation") continue;
      const [container] = message.value.containers;
      states.push(`${container?.state?.$case} ${container?.restartCount}`);
    }
    const expected = Array.from({ length: 7 }, (_, index) => [`terminated ${index}`, `running ${index + 1}`]);
    expect(states).to.deep.equal(expected.flat());
  });

  it("publishes the end of a pod as the latest thing", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await pods.createPod(orderOf("a"), options);
    const watch = new WatchReader(pods.watchPods({ snapshotOnly: false }, options));
    await watch.until("snapshotEnd");
    world.provider.end("a");
    const last = await watch.next();
    expect(last.$case === "observation" && last.value.stage).to.equal(PodStage.ENDED);
  });

  it("logs nothing about its readers that come and go", async () => {
    await using world = await openWorld();
    const { pods, options } = await world.owner();
    await new WatchReader(pods.watchPods({ snapshotOnly: true }, options)).until("snapshotEnd");
    await eventually(() => world.log().includes("owner session opened"));
    expect(world.log()).to.not.contain("call failed");
  });
});
