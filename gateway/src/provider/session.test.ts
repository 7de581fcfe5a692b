import { Code, StatusError, refuse } from "@outboard/contract";
import { expect } from "chai";
import { eventually } from "../testing/eventually.js";
import { createTempFolder } from "../testing/temp-folder.js";
import { ScriptedProvider, sendSnapshot } from "./testing/scripted-provider.js";
import { SessionRig } from "./testing/session-rig.js";

describe("the session with a provider", () => {
  it("shakes hands as the owner and tells session, snapshot and node in this order", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    expect(rig.messages.map(({ kind }) => kind)).to.deep.equal(["session", "snapshot", "node"]);
    expect(provider.handshakes[0]).to.include({ fencing: 7n, clusterId: "cluster-1", nodeName: "node-1", mode: 1 });
    expect(rig.all("session")[0]?.info).to.include({ name: "scripted", version: "1.2.3", revision: 1 });
    expect(provider.lastWatch.session).to.equal("session-1");
    expect(rig.session.current()?.id).to.equal("session-1");
    expect(rig.lines.filter(({ msg }) => msg === "session opened")).to.have.length(1);
  });

  it("has no session before the handshake and after its end", async () => {
    await using provider = await new ScriptedProvider().start();
    const rig = new SessionRig(provider.address);
    expect(rig.session.current()).to.equal(undefined);
    await rig.told("node");
    await rig[Symbol.asyncDispose]();
    expect(rig.session.current()).to.equal(undefined);
    await eventually(() => provider.lastWatch.stream.isOver, "the watch ends with the session");
  });

  it("shakes hands again when the watch ends with SESSION", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    provider.lastWatch.stream.fail(refuse("SESSION", "who are you?"));
    await rig.told("lost");
    expect(rig.session.current()).to.equal(undefined);
    await rig.clock.advance(200);
    await rig.told("node", 2);
    expect(provider.lastWatch.session).to.equal("session-2");
    expect(rig.all("lost")[0]).to.include({ reason: "ProviderSessionLost" });
  });

  it("shakes hands again when a call was refused with SESSION", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    rig.session.current()?.invalidate(refuse("SESSION", "who are you?"));
    await rig.told("lost");
    await rig.clock.advance(200);
    await rig.told("session", 2);
  });

  it("shakes hands again when GetNode is refused with SESSION", async () => {
    let refusals = 1;
    await using provider = await new ScriptedProvider({
      getNode: () => {
        if (refusals-- > 0) throw refuse("SESSION", "who are you?");
        return {};
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("lost");
    await rig.clock.advance(200);
    await rig.told("node");
  });

  it("tells nothing more of a session once it is lost", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    const before = provider.lastWatch;
    for (let index = 0; index < 50; index++)
      before.stream.send({ event: { $case: "podForgotten", value: { uid: "u" } } });
    rig.session.current()?.invalidate(refuse("SESSION", "over"));
    await rig.told("lost");
    const after = rig.messages.slice(rig.messages.findIndex(({ kind }) => kind === "lost") + 1);
    expect(after).to.deep.equal([]);
  });

  it("drops an answer that chooses a revision which was not offered", async () => {
    await using provider = await new ScriptedProvider({ handshake: () => ({ revision: 9 }) }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("lost");
    expect(rig.all("lost")[0]?.message).to.contain("the provider chose contract revision 9, which was not offered");
    expect(rig.all("session")).to.deep.equal([]);
  });
});

describe("a session that another gateway took over", () => {
  const superseded = () => refuse("SESSION_SUPERSEDED", "newer", { metadata: new Map([["fencing", "41"]]) });

  it("raises its number and goes on while this process holds the node", async () => {
    let number = 7n;
    const asked: bigint[] = [];
    await using provider = await new ScriptedProvider({
      handshake: ({ fencing = 0n }) => {
        if (fencing <= 41n) throw superseded();
        return {};
      },
    }).start();
    await using rig = new SessionRig(provider.address, {
      current: () => number,
      raiseAbove: async (highest) => (asked.push(highest), (number = highest + 1n), true),
    });
    await rig.pass(() => rig.all("session").length === 1, "a session");
    expect(asked).to.deep.equal([41n]);
    expect(provider.handshakes.map(({ fencing }) => fencing)).to.deep.equal([7n, 42n]);
    expect(rig.all("ended")).to.deep.equal([]);
  });

  it("ends when another process holds the node", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address, { raiseAbove: async () => false });
    await rig.told("node");
    provider.lastWatch.stream.fail(superseded());
    await rig.running;
    expect(rig.all("ended")).to.deep.equal([
      { kind: "ended", reason: "SESSION_SUPERSEDED", message: "a newer gateway has taken over this node" },
    ]);
  });

  it("tries again when the number cannot be raised now", async () => {
    let failures = 1;
    await using provider = await new ScriptedProvider({
      handshake: () => {
        if (provider.handshakes.length === 1) throw superseded();
        return {};
      },
    }).start();
    await using rig = new SessionRig(provider.address, {
      raiseAbove: async () => {
        if (failures-- > 0) throw new Error("no API server");
        return true;
      },
    });
    await rig.pass(() => rig.all("session").length === 1, "a session");
  });

  it("takes a number that is none for no number", async () => {
    const asked: bigint[] = [];
    await using provider = await new ScriptedProvider({
      handshake: () => {
        throw refuse("SESSION_SUPERSEDED", "newer", { metadata: new Map([["fencing", "a lot"]]) });
      },
    }).start();
    await using rig = new SessionRig(provider.address, { raiseAbove: async (number) => (asked.push(number), false) });
    await rig.running;
    expect(asked).to.deep.equal([0n]);
  });
});

describe("a session that can never be", () => {
  const cases = [
    [
      refuse("NO_COMMON_REVISION", "no", { metadata: new Map([["provider_revisions", "2,3"]]) }),
      "no contract revision in common: this gateway speaks 1, the provider 2,3",
    ],
    [
      refuse("WRONG_OWNER", "bound to cluster c2, node n2"),
      "the provider belongs to another cluster or node: bound to cluster c2, node n2",
    ],
  ] as const;

  for (const [error, message] of cases) {
    it(`ends with a clear line for ${error.reason}`, async () => {
      await using provider = await new ScriptedProvider({
        handshake: () => {
          throw error;
        },
      }).start();
      await using rig = new SessionRig(provider.address);
      await rig.running;
      expect(rig.messages).to.deep.equal([{ kind: "ended", reason: error.reason, message }]);
    });
  }
});

describe("a provider that is not there", () => {
  it("is warned of once, and tried quietly with a growing, scattered delay of at most 30 s", async () => {
    using folder = createTempFolder();
    await using rig = new SessionRig(`unix://${folder.at("nobody.sock")}`);
    for (let attempt = 1; attempt <= 12; attempt++) {
      await eventually(() => rig.sleeps.length >= attempt, `attempt ${attempt}`);
      await rig.clock.advance(30_000);
    }
    for (const [index, ms] of rig.sleeps.slice(0, 12).entries()) {
      const longest = Math.min(30_000, 200 * 2 ** index);
      expect(ms, `delay ${index}`).to.be.within(longest / 2, longest);
    }
    expect(rig.warnings).to.have.length(1);
    expect(rig.warnings[0]).to.include({
      msg: "provider lost, trying to reach it",
      reason: "ProviderUnreachable",
      message: `unix://${folder.at("nobody.sock")}: the provider does not answer (UNAVAILABLE)`,
    });
    expect(rig.all("lost")).to.have.length(1);
  });

  it("is warned of again in the next outage, and told lost each time", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    for (let outage = 1; outage <= 2; outage++) {
      await rig.pass(() => rig.all("snapshot").length === outage, "a snapshot", 1_000);
      await provider.stop();
      await rig.told("lost", outage);
      await provider.start();
    }
    expect(rig.warnings).to.have.length(2);
    expect(rig.lines.filter(({ msg }) => msg === "session opened")).to.have.length(2);
  });

  it("starts over with short delays after a session that was a good one", async () => {
    await using provider = await new ScriptedProvider().start();
    await using rig = new SessionRig(provider.address);
    await rig.told("node");
    await rig.clock.advance(29_000);
    provider.lastWatch.stream.send({ event: { $case: "podForgotten", value: { uid: "u" } } });
    await rig.told("forgotten");
    await rig.clock.advance(2_000);
    provider.lastWatch.stream.fail(new StatusError(Code.UNAVAILABLE, "shutting down"));
    await rig.told("lost");
    expect(rig.sleeps.at(-1)).to.be.within(100, 200);
  });

  it("waits longer each time for a provider whose sessions break at once", async () => {
    await using provider = await new ScriptedProvider({
      watch: (watch) => {
        sendSnapshot(watch);
        watch.stream.end();
      },
    }).start();
    await using rig = new SessionRig(provider.address);
    await rig.pass(() => rig.all("lost").length === 8, "eight lost sessions", 15_000);
    const delays = rig.sleeps.filter((ms) => ms !== 5_000 && ms !== 30_000 && ms !== 300_000);
    expect(delays[7]).to.be.within(12_800, 25_600);
  });
});
