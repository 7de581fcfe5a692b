import { type CallContext, type GetStatsRequest, type GetStatsResponse, PodStats, refuse } from "@outboard/contract";
import { expect } from "chai";
import type { ProviderStats } from "../ports/stats.js";
import { createProviderStats } from "./stats.js";
import { fromStats } from "./map-stats.js";
import { ScriptedProvider, type Script } from "./testing/scripted-provider.js";
import { SessionRig } from "./testing/session-rig.js";

const time = new Date("2026-11-25T13:38:18.250Z");
const timeMs = time.getTime();

describe("usage figures of a provider", () => {
  const signal = new AbortController().signal;
  const whole = { onlyCpuAndMemory: false };

  async function withStats(
    stats: Script["stats"],
    use: (stats: ProviderStats, rig: SessionRig) => Promise<void>,
  ): Promise<void> {
    await using provider = await new ScriptedProvider({ stats }).start();
    await using rig = new SessionRig(provider.address);
    await rig.told("snapshot");
    await use(createProviderStats(rig.connection, rig.session), rig);
  }

  it("are read within the session, with what was asked for", async () => {
    const asked: (readonly [GetStatsRequest, string | undefined])[] = [];
    const stats = async function* (request: GetStatsRequest, context: CallContext) {
      asked.push([request, context.metadata("outboard-session")]);
      yield podMessage("one");
      yield podMessage("two");
    };
    await withStats(stats, async (client) => {
      const { pods } = await client.readStats({ onlyCpuAndMemory: true }, signal);
      expect(pods.map(({ uid }) => uid)).to.deep.equal(["one", "two"]);
      expect(asked).to.deep.equal([[{ onlyCpuAndMemory: true }, "session-1"]]);
    });
  });

  it("that break off count for nothing", async () => {
    const stats = async function* () {
      yield podMessage("one");
      throw refuse("BACKEND_UNAVAILABLE", "the backend sleeps");
    };
    await withStats(stats, async (client) => {
      const error = await client.readStats(whole, signal).catch((reason: unknown) => reason);
      expect(error).to.include({ name: "ProviderError", reason: "BACKEND_UNAVAILABLE" });
    });
  });

  it("refused for want of a session make the gateway open another one", async () => {
    let sessions = 0;
    const stats = async function* (_request: GetStatsRequest, context: CallContext) {
      if (context.metadata("outboard-session") === "session-1") throw refuse("SESSION", "who are you?");
      sessions++;
      yield podMessage("one");
    };
    await withStats(stats, async (client, rig) => {
      await client.readStats(whole, signal).catch(() => {});
      await rig.pass(() => rig.all("session").length === 2, "another session");
      await client.readStats(whole, signal);
      expect(sessions).to.equal(1);
    });
  });

  it("reject with the caller's reason when it leaves", async () => {
    const caller = new AbortController();
    const stats = async function* (_request: GetStatsRequest, context: CallContext) {
      caller.abort(new Error("left"));
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve, { once: true }));
      yield podMessage("late");
    };
    await withStats(stats, async (client) => {
      const error = await client.readStats(whole, caller.signal).catch((reason: unknown) => reason);
      expect(error).to.have.property("message", "left");
    });
  });
});

describe("the mapping of usage figures", () => {
  it("leaves out what is absent, and figures without a time", () => {
    const pod = PodStats.fromPartial({
      uid: "u",
      cpu: { usageNanoCores: 5n },
      memory: { time, workingSetBytes: 0n },
      containers: [{ name: "c", cpu: { time, usageCoreNanoSeconds: 7n } }],
      volumes: [{ name: "v" }, { name: "w", filesystem: { time, usedBytes: 3n } }],
    });
    expect(fromStats([{ stats: { $case: "pod", value: pod } }])).to.deep.equal({
      pods: [
        {
          uid: "u",
          memory: { timeMs, workingSetBytes: 0n },
          containers: [{ name: "c", cpu: { timeMs, usageCoreNanoSeconds: 7n } }],
          volumes: [{ name: "w", filesystem: { timeMs, usedBytes: 3n } }],
        },
      ],
    });
  });

  it("keeps one of each name: the later pod, container, interface, volume", () => {
    const twice = PodStats.fromPartial({
      uid: "u",
      containers: [{ name: "c" }, { name: "c", swapUsageBytes: 2n }],
      network: {
        time,
        interfaces: [
          { name: "e", rxBytes: 1n },
          { name: "e", rxBytes: 2n },
        ],
      },
    });
    const { pods } = fromStats([podMessage("u"), {}, { stats: { $case: "pod", value: twice } }]);
    expect(pods).to.deep.equal([
      {
        uid: "u",
        containers: [{ name: "c", swapUsageBytes: 2n }],
        network: { timeMs, interfaces: [{ name: "e", rxBytes: 2n }] },
        volumes: [],
      },
    ]);
  });

  it("has the node's figures", () => {
    const value = { startTime: time, cpu: { time, usageNanoCores: 1n }, filesystem: { time, usedBytes: 2n } };
    expect(fromStats([{ stats: { $case: "node", value } }])).to.deep.equal({
      node: { startTimeMs: timeMs, cpu: { timeMs, usageNanoCores: 1n }, filesystem: { timeMs, usedBytes: 2n } },
      pods: [],
    });
  });
});

function podMessage(uid: string): GetStatsResponse {
  return { stats: { $case: "pod", value: PodStats.fromPartial({ uid }) } };
}
