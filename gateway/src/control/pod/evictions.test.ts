import { expect } from "chai";
import type { PodUsage } from "../../ports/stats.js";
import { startControlWorld } from "../testing/world.js";

const VOLUMES = [{ name: "e", emptyDir: { sizeLimit: "10Mi" } }];

function usage(uid: string, usedBytes: bigint): PodUsage {
  return { uid, containers: [], volumes: [{ name: "e", filesystem: { timeMs: 0, usedBytes } }] };
}

describe("a pod that must go", () => {
  it("is ended for the storage it holds, and shown as evicted once it has ended", async () => {
    const used = new Map<string, bigint>();
    const stats = { readStats: async () => ({ pods: [...used].map(([uid, bytes]) => usage(uid, bytes)) }) };
    await using world = startControlWorld({ capabilities: ["stats"], stats });
    world.openSession();
    const { metadata } = world.api.create("p", { volumes: VOLUMES });
    await world.clock.settle();
    world.provider.run(metadata.uid);
    used.set(metadata.uid, 10_485_760n);
    await world.clock.advance(30_000);
    expect(world.provider.named("stop")).to.deep.equal([]);
    used.set(metadata.uid, 10_485_761n);
    await world.clock.advance(10_000);
    await world.settle();
    expect(world.provider.named("stop")).to.deep.equal([
      { name: "stop", uid: metadata.uid, grace: 1, reason: "evicted" },
    ]);
    const message = 'Usage of EmptyDir volume "e" exceeds the limit "10Mi". ';
    const told = world.events.filter(({ reason }) => reason === "Evicted");
    expect(told.map((event) => [event.type, event.message])).to.deep.equal([["Warning", message]]);
    expect(world.api.byName("p")?.status?.phase).to.equal("Running");
    world.provider.end(metadata.uid, 137);
    await world.settle();
    const { status } = world.api.byName("p") ?? {};
    expect([status?.phase, status?.reason, status?.message]).to.deep.equal(["Failed", "Evicted", message]);
    expect(status?.conditions?.map(({ type }) => type)).not.to.include("DisruptionTarget");
  });

  it("keeps its own end when that came first", async () => {
    const used = new Map<string, bigint>();
    const stats = { readStats: async () => ({ pods: [...used].map(([uid, bytes]) => usage(uid, bytes)) }) };
    await using world = startControlWorld({ capabilities: ["stats"], stats });
    world.openSession();
    const { metadata } = world.api.create("p", { volumes: VOLUMES, restartPolicy: "Never" });
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    used.set(metadata.uid, 99_999_999n);
    world.provider.loseAnswers = true; // the stop comes too late, and nobody knows
    world.provider.refusal = undefined;
    world.provider.end(metadata.uid, 0);
    await world.clock.advance(10_000);
    await world.settle();
    expect(world.api.byName("p")?.status?.phase).to.equal("Succeeded");
  });

  it("waits for room in the backend for so long as a refused create may, then fails with that reason", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    const waiting = { kind: "waiting", reason: "OutOfCapacity", message: "no spot left" } as const;
    world.provider.container(metadata.uid, "preparing", waiting);
    await world.clock.advance(299_000);
    expect(world.api.byName("p")?.status?.containerStatuses?.[0]?.state?.waiting?.reason).to.equal("OutOfCapacity");
    expect(world.provider.named("stop")).to.deep.equal([]);
    await world.clock.advance(2_000);
    expect(world.provider.named("stop")).to.deep.equal([
      { name: "stop", uid: metadata.uid, grace: 0, reason: "evicted" },
    ]);
    world.provider.container(metadata.uid, "ended", waiting);
    await world.settle();
    const { status } = world.api.byName("p") ?? {};
    expect([status?.phase, status?.reason, status?.message]).to.deep.equal(["Failed", "OutOfCapacity", "no spot left"]);
    expect(world.events.map(({ reason, message }) => `${reason}: ${message}`)).to.include(
      "OutOfCapacity: no spot left",
    );
  });

  it("is marked as disrupted when the backend took it back", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    world.provider.set(metadata.uid, { cause: "backend-reclaimed" });
    world.provider.end(metadata.uid, 137);
    await world.settle();
    const found = world.api.byName("p")?.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    expect(found).to.include({ status: "True", reason: "TerminationByKubelet" });
  });
});
