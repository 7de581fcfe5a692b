import { Code, PodObservation, PodStage, refuse, StatusError, type WatchPodsResponse } from "@outboard/contract";
import { expect } from "chai";
import { eventually } from "../testing/eventually.js";
import { READY_NODE, ScriptedProvider, sendSnapshot } from "./testing/scripted-provider.js";
import { SessionRig } from "./testing/session-rig.js";

function observed(uid: string): WatchPodsResponse {
  const value = PodObservation.fromPartial({ uid, stage: PodStage.STARTED });
  return { event: { $case: "observation", value } };
}

const SIGN: WatchPodsResponse = { event: { $case: "podForgotten", value: { uid: "u" } } };

describe("an open session", () => {
  it("is lost when nothing is heard for 30 s, and any message counts as a sign of life", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    await rig.clock.advance(29_900);
    provider.lastWatch.stream.send(SIGN);
    await rig.told("forgotten");
    await rig.clock.advance(29_900);
    expect(rig.all("lost")).to.deep.equal([]);
    await rig.clock.advance(200);
    await rig.told("lost");
    expect(rig.all("lost")[0]?.message).to.equal(`${provider.address}: the provider has been silent for 30 s`);
    await eventually(() => provider.lastWatch.stream.isOver, "the old watch is cancelled");
    await rig.clock.advance(200);
    await rig.told("session", 2);
  });

  it("counts heartbeats as signs of life", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    for (let beat = 1; beat <= 6; beat++) {
      await rig.clock.advance(10_000);
      provider.lastWatch.stream.send({ event: { $case: "heartbeat", value: {} } });
      await rig.clock.advance(1);
      provider.lastWatch.stream.send(SIGN);
      await rig.told("forgotten", beat);
    }
    expect(rig.all("lost")).to.deep.equal([]);
  });

  it("tells the UIDs of a snapshot, when its call was opened, and whether it was complete", async () => {
    await using provider = await new ScriptedProvider({
      watch: (watch) => sendSnapshot(watch, { complete: false, events: [observed("a"), observed("b"), observed("a")] }),
      getNode: () => ({ ...READY_NODE, inventoryComplete: false }),
    }).start();
    await using rig = new SessionRig(provider.address);
    const openedAt = rig.clock.now();
    await rig.told("snapshot");
    expect(rig.all("snapshot")[0]).to.deep.equal({
      kind: "snapshot",
      uids: new Set(["a", "b"]),
      complete: false,
      openedAt,
      epochChanged: false,
    });
    expect(rig.all("observation")).to.have.length(3);
  });

  it("takes a new snapshot beside the watch once an incomplete inventory is complete, and only one", async () => {
    let isComplete = false;
    await using provider = await new ScriptedProvider({
      watch: (watch) => {
        sendSnapshot(watch, { complete: isComplete });
        if (watch.request.snapshotOnly) watch.stream.end();
      },
      getNode: () => ({ ...READY_NODE, inventoryComplete: isComplete }),
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    expect(rig.all("snapshot")[0]?.complete).to.equal(false);
    isComplete = true;
    await rig.clock.advance(1_000);
    await rig.told("snapshot", 2);
    expect(rig.all("snapshot")[1]?.complete).to.equal(true);
    expect(provider.watches.map(({ request }) => request.snapshotOnly)).to.deep.equal([false, true]);
    expect(provider.watches[0]?.stream.isOver).to.equal(false);
    const polled = provider.nodeCalls;
    await rig.pass(() => provider.nodeCalls >= polled + 2, "two more polls", 5_000);
    expect(provider.watches).to.have.length(2);
  });

  it("takes no snapshot beside the first when that one was complete", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    await rig.pass(() => provider.nodeCalls >= 3, "three polls", 5_000);
    expect(provider.watches).to.have.length(1);
  });

  it("takes a snapshot every five minutes beside the open watch", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    const { stream } = provider.lastWatch;
    for (let minute = 1; minute <= 29; minute++) {
      await rig.clock.advance(10_000);
      stream.send(SIGN);
      await rig.told("forgotten", minute);
    }
    expect(provider.watches).to.have.length(1);
    await rig.clock.advance(10_000);
    await rig.told("snapshot", 2);
    expect(provider.watches.map(({ request }) => request.snapshotOnly)).to.deep.equal([false, true]);
    expect(stream.isOver).to.equal(false);
    expect(rig.all("session")).to.have.length(1);
  });

  it("stays open when a snapshot beside the watch fails, and takes it again", async () => {
    let isComplete = false;
    await using provider = await new ScriptedProvider({
      watch: (watch) => {
        if (watch.request.snapshotOnly && provider.watches.length === 2) {
          watch.stream.fail(new StatusError(Code.UNAVAILABLE, "busy"));
          return;
        }
        sendSnapshot(watch, { complete: isComplete });
        if (watch.request.snapshotOnly) watch.stream.end();
      },
      getNode: () => ({ ...READY_NODE, inventoryComplete: isComplete }),
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    isComplete = true;
    await rig.pass(() => rig.all("snapshot").length === 2, "a second snapshot", 5_000);
    expect(provider.watches).to.have.length(3);
    expect(rig.all("lost")).to.deep.equal([]);
  });

  it("tells an epoch change once, with the snapshot that ended first", async () => {
    let epoch = "epoch-1";
    await using provider = await new ScriptedProvider({ watch: (watch) => sendSnapshot(watch, { epoch }) }).start();
    await using rig = new SessionRig(provider.address);
    for (const next of ["epoch-2", "epoch-2"]) {
      await rig.pass(() => provider.watches.length > rig.all("lost").length, "a watch", 1_000);
      await rig.told("snapshot", rig.all("lost").length + 1);
      epoch = next;
      provider.lastWatch.stream.fail(new StatusError(Code.UNAVAILABLE, "epoch"));
      await rig.told("lost", rig.all("lost").length + 1);
    }
    await rig.pass(() => rig.all("snapshot").length === 3, "a third snapshot", 1_000);
    expect(rig.all("snapshot").map(({ epochChanged }) => epochChanged)).to.deep.equal([false, true, false]);
  });

  it("does not forget an epoch change when the stream breaks inside the snapshot", async () => {
    await using provider = await new ScriptedProvider({
      watch: (watch) => {
        if (provider.watches.length === 1) return sendSnapshot(watch, { epoch: "epoch-1" });
        if (provider.watches.length > 2) return sendSnapshot(watch, { epoch: "epoch-2" });
        watch.stream.send({ event: { $case: "snapshotBegin", value: { epoch: "epoch-2" } } });
        watch.stream.fail(new StatusError(Code.UNAVAILABLE, "broke"));
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("snapshot");
    provider.lastWatch.stream.fail(new StatusError(Code.UNAVAILABLE, "epoch"));
    await rig.pass(() => rig.all("snapshot").length === 2, "a second snapshot", 1_000);
    expect(rig.all("snapshot")[1]?.epochChanged).to.equal(true);
  });

  it("outlives a provider that does not answer GetNode", async () => {
    await using provider = await new ScriptedProvider({
      getNode: () => {
        throw new StatusError(Code.UNAVAILABLE, "not now");
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("snapshot");
    await rig.pass(() => provider.nodeCalls >= 5, "five polls", 1_000);
    expect(rig.all("lost")).to.deep.equal([]);
    expect(rig.all("node")).to.deep.equal([]);
    expect(rig.session.current()).to.not.equal(undefined);
  });

  it("asks for the node again each 5 s, and each second while the inventory is incomplete", async () => {
    let isComplete = false;
    await using provider = await new ScriptedProvider({
      getNode: () => ({ ...READY_NODE, inventoryComplete: isComplete }),
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    isComplete = true;
    await rig.clock.advance(1_000);
    await rig.told("node", 2);
    await rig.clock.advance(4_900);
    expect(provider.nodeCalls).to.equal(2);
    await rig.clock.advance(100);
    await rig.told("node", 3);
  });

  it("ignores observations that break the contract", async () => {
    await using provider = await new ScriptedProvider({
      watch: (watch) => sendSnapshot(watch, { events: [observed(""), observed("a")] }),
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("snapshot");
    expect([...(rig.all("snapshot")[0]?.uids ?? [])]).to.deep.equal(["a"]);
  });
});

describe("a provider without a call that every provider has", () => {
  const bare = () => new StatusError(Code.UNIMPLEMENTED, "unknown method");

  async function expectOneLine(rig: SessionRig, provider: ScriptedProvider, rpc: string): Promise<void> {
    await rig.told("lost");
    const message = `the provider does not implement ${rpc}, which the contract requires of every provider`;
    expect(rig.all("lost")[0]).to.include({ reason: "ProviderMissingCapability", message });
    expect(rig.sleeps.at(-1)).to.be.within(15_000, 30_000);
    const before = provider.handshakes.length;
    await rig.pass(() => provider.handshakes.length >= before + 4, "four more tries");
    expect(rig.all("lost")).to.have.length(1);
    expect(rig.warnings.map((line) => line["message"])).to.deep.equal([message]);
    expect(rig.all("node"), "the node is never told to be ready").to.deep.equal([]);
  }

  it("is named once when it is WatchPods", async () => {
    await using provider = await new ScriptedProvider({ watch: ({ stream }) => stream.fail(bare()) }).start();
    await using rig = new SessionRig(provider.address);
    await expectOneLine(rig, provider, "PodService.WatchPods");
  });

  it("is named once when it is GetNode", async () => {
    await using provider = await new ScriptedProvider({
      getNode: () => {
        throw bare();
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await expectOneLine(rig, provider, "NodeService.GetNode");
  });

  it("is named once when it is the handshake", async () => {
    await using provider = await new ScriptedProvider({
      handshake: () => {
        throw bare();
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await expectOneLine(rig, provider, "IdentityService.Handshake");
  });

  it("means the same with our own refusal", async () => {
    await using provider = await new ScriptedProvider({
      getNode: () => {
        throw refuse("CAPABILITY", "no such thing");
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await expectOneLine(rig, provider, "NodeService.GetNode");
  });

  it("is taken back as soon as a new process of the provider has it", async () => {
    let instanceId = "old";
    await using provider = await new ScriptedProvider({
      handshake: () => ({ instanceId }),
      getNode: () => {
        if (instanceId === "old") throw bare();
        return READY_NODE;
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("lost");
    instanceId = "new";
    await rig.pass(() => rig.all("node").length > 0, "a node");
  });
});
