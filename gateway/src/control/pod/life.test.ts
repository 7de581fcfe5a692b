import { expect } from "chai";
import { type CreateOrder, ProviderError } from "../../ports/provider.js";
import { FakeApi } from "../testing/fake-api.js";
import { NO_INPUTS, startControlWorld } from "../testing/world.js";
import type { InputSource } from "../../ports/inputs.js";

describe("the life of a pod", () => {
  it("goes from creation to the provider's release, with no write more than there are changes", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    expect(world.api.byName("p")?.status?.phase).to.equal("Running");
    expect(world.api.writes).to.have.length(1);
    world.api.remove("p");
    await world.settle();
    expect(world.provider.named("stop")).to.have.length(1);
    expect(world.provider.named("stop")[0]).to.include({ grace: 30, reason: "user" });
    world.provider.end(metadata.uid, 0);
    await world.settle();
    expect(world.api.byName("p")).to.equal(undefined);
    expect(world.provider.pods.size).to.equal(0);
    expect(world.provider.named("release")).to.have.length(1);
    expect(world.api.writes.map(({ status }) => [status.phase, status.observedGeneration])).to.deep.equal([
      ["Running", 1],
      ["Running", 2],
      ["Succeeded", 2],
    ]);
    expect(world.controller.table.get(metadata.uid)).to.equal(undefined);
  });

  it("writes every state of an instance, and its end before the next one", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    const { provider } = world;
    provider.run(metadata.uid);
    provider.container(metadata.uid, "started", {
      kind: "terminated",
      exitCode: 3,
      reason: "",
      message: "",
      containerId: "c0",
    });
    provider.container(metadata.uid, "started", { kind: "running", since: "2026-01-01T00:00:05Z" }, 1);
    await world.settle();
    const states = world.api.writes.map(({ status }) => Object.keys(status.containerStatuses?.[0]?.state ?? {})[0]);
    expect(states).to.deep.equal(["running", "terminated", "running"]);
  });

  it("shows that it saw a deletion before the end that comes of it, however soon", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    world.api.remove("p");
    await world.clock.settle();
    world.provider.end(metadata.uid, 0);
    await world.settle();
    expect(world.api.writes.map(({ status }) => [status.phase, status.observedGeneration])).to.deep.equal([
      ["Running", 1],
      ["Running", 2],
      ["Succeeded", 2],
    ]);
  });

  it("shows the same of a pod that the provider was never given", async () => {
    const unready: InputSource = { ...NO_INPUTS, secret: async () => undefined };
    await using world = startControlWorld({ inputs: unready });
    world.openSession();
    const volumes = [{ name: "v", secret: { secretName: "none" } }];
    world.api.create("p", { volumes });
    await world.settle();
    world.api.remove("p");
    await world.settle();
    expect(world.provider.named("create")).to.have.length(0);
    expect(world.api.writes.map(({ status }) => [status.phase, status.observedGeneration])).to.deep.equal([
      ["Pending", 1],
      ["Pending", 2],
      ["Failed", 2],
    ]);
  });

  it("keeps its last status when it is deleted after its end", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    world.provider.end(metadata.uid, 0);
    await world.settle();
    const { length } = world.api.writes;
    world.api.remove("p");
    await world.settle();
    expect(world.api.byName("p")).to.equal(undefined);
    expect(world.api.writes).to.have.length(length);
  });

  it("writes nothing while nothing changes", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    const before = world.api.writes.length;
    world.api.relist();
    world.openSession();
    await world.settle();
    expect(world.api.writes).to.have.length(before);
    expect(world.provider.named("create")).to.have.length(1);
  });

  it("repairs a foreign write to our conditions", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    const conditions = (pod.status?.conditions ?? []).map((condition) =>
      condition.type === "Ready" ? { ...condition, status: "False" } : condition,
    );
    world.api.change(pod, { status: { ...pod.status, conditions } });
    await world.settle();
    expect(world.api.byName("p")?.status?.conditions?.find(({ type }) => type === "Ready")?.status).to.equal("True");
  });

  it("ends a pod that was force-deleted, with the last grace known, then releases it", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    world.api.remove("p", 0);
    await world.settle();
    expect(world.provider.named("stop")[0]).to.include({ uid: metadata.uid, reason: "user" });
    world.provider.end(metadata.uid, 137);
    await world.settle();
    expect(world.provider.pods.size).to.equal(0);
  });

  it("never starts a pod that was deleted before its start", async () => {
    await using world = startControlWorld();
    const { metadata } = world.api.create("p");
    await world.settle();
    world.api.remove("p");
    await world.settle();
    world.openSession();
    await world.settle();
    expect(world.provider.named("create")).to.have.length(0);
    expect(world.provider.tombstones.has(metadata.uid)).to.equal(true);
    expect(world.api.byName("p")).to.equal(undefined);
    expect(world.api.writes.at(-1)?.status.phase).to.equal("Failed");
  });

  it("asks again when the answer to a create is lost, and creates once", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.loseAnswers = true;
    const { metadata } = world.api.create("p");
    await world.settle();
    world.provider.loseAnswers = false;
    await world.clock.advance(15_000);
    world.provider.run(metadata.uid);
    await world.settle();
    expect(world.api.byName("p")?.status?.phase).to.equal("Running");
    expect(world.provider.pods.get(metadata.uid)?.revision).to.equal(2n);
  });

  it("creates a pod again that was seen, its create never answered, and then lost", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.loseAnswers = true;
    const { metadata } = world.api.create("p");
    await world.settle();
    world.provider.loseAnswers = false;
    expect(world.provider.pods.has(metadata.uid)).to.equal(true);
    world.provider.lose(metadata.uid);
    world.openSession();
    await world.settle();
    expect(world.provider.pods.has(metadata.uid)).to.equal(true);
  });

  it("stops a pod whose create was never answered when it is force-deleted, and forgets it", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.refusal = new ProviderError("outcome unknown");
    const { metadata } = world.api.create("p");
    await world.settle();
    world.api.remove("p", 0);
    await world.settle();
    world.provider.refusal = undefined;
    await world.clock.advance(15_000);
    expect(world.provider.tombstones.has(metadata.uid)).to.equal(true);
    expect(world.controller.table.get(metadata.uid)).to.equal(undefined);
  });
});

describe("a provider in trouble", () => {
  for (const reason of [undefined, "BACKEND_UNAVAILABLE", "NOT_READY"] as const) {
    it(`fails no pod (${reason ?? "outcome unknown"}), and creates them when it is well again`, async () => {
      await using world = startControlWorld();
      world.openSession();
      world.provider.refusal = new ProviderError("no", { reason });
      const { metadata } = world.api.create("p");
      await world.clock.advance(60_000);
      expect(world.api.byName("p")?.status?.phase).to.equal("Pending");
      world.provider.refusal = undefined;
      await world.clock.advance(15_000);
      world.provider.run(metadata.uid);
      await world.settle();
      expect(world.api.byName("p")?.status?.phase).to.equal("Running");
    });
  }

  it("that is away changes no status, and nothing is created twice when it is back", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    const before = world.api.writes.length;
    world.closeSession();
    await world.clock.advance(120_000);
    expect(world.api.writes).to.have.length(before);
    world.openSession({ instanceId: "two", epochChanged: true });
    await world.settle();
    expect(world.provider.named("create")).to.have.length(1);
    expect(world.api.writes).to.have.length(before);
  });

  it("that goes away right after a restart keeps no end of an instance from being shown", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    const { provider } = world;
    provider.run(metadata.uid);
    await world.settle();
    const ended = { kind: "terminated", exitCode: 3, reason: "", message: "", containerId: "c0" } as const;
    provider.container(metadata.uid, "started", ended);
    provider.container(metadata.uid, "started", { kind: "running", since: "2026-01-01T00:00:05Z" }, 1);
    world.closeSession();
    await world.settle();
    world.openSession();
    await world.settle();
    const states = world.api.writes.map(({ status }) => Object.keys(status.containerStatuses?.[0]?.state ?? {})[0]);
    expect(states).to.deep.equal(["running", "terminated", "running"]);
  });

  it("without room makes pods wait with the reason, then fails them, with a tombstone", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.refusal = new ProviderError("the backend is full", { reason: "OUT_OF_CAPACITY" });
    world.api.create("p");
    await world.settle();
    const waiting = world.api.byName("p")?.status?.containerStatuses?.[0]?.state?.waiting;
    expect(waiting).to.deep.equal({ reason: "OutOfCapacity", message: "the backend is full" });
    await world.clock.advance(299_000);
    expect(world.api.byName("p")?.status?.phase).to.equal("Pending");
    world.provider.refusal = undefined;
    Object.defineProperty(world.provider, "createPod", {
      value: async () => Promise.reject(new ProviderError("full", { reason: "OUT_OF_CAPACITY" })),
    });
    await world.clock.advance(10_000);
    expect(world.api.byName("p")?.status).to.include({ phase: "Failed", reason: "OutOfCapacity" });
    expect(world.provider.named("stop").at(-1)).to.include({ reason: "evicted" });
  });

  it("without room fails no pod that a late create started after all, before that has ended", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { provider } = world;
    const create = provider.createPod.bind(provider);
    const stop = provider.stopPod.bind(provider);
    const orders: CreateOrder[] = [];
    const refuse = async (order: CreateOrder) => {
      orders.push(order);
      throw new ProviderError("full", { reason: "OUT_OF_CAPACITY" });
    };
    const createLate = async (...args: Parameters<typeof stop>) => {
      for (const order of orders.splice(0)) await create(order);
      await stop(...args);
    };
    Object.defineProperties(provider, { createPod: { value: refuse }, stopPod: { value: createLate } });
    const { metadata } = world.api.create("p");
    await world.clock.advance(310_000);
    expect(world.api.byName("p")?.status?.phase).to.equal("Pending");
    provider.end(metadata.uid, 0);
    await world.settle();
    expect(world.api.byName("p")?.status).to.include({ phase: "Failed", reason: "Evicted" });
  });

  it("that takes few creates at once is not waited for in a loop without a pause", async () => {
    await using world = startControlWorld();
    world.openSession();
    const answer = Promise.withResolvers<void>();
    Object.defineProperty(world.provider, "createPod", { value: () => answer.promise });
    for (let index = 0; index < 20; index++) world.api.create(`p${index}`);
    let looks = 0;
    const now = world.clock.now.bind(world.clock);
    const look = () => {
      if (++looks > 10_000) answer.resolve(); // such a loop would never let the test end
      return now();
    };
    Object.defineProperty(world.clock, "now", { value: look });
    await world.clock.advance(5_000);
    expect(looks).to.be.lessThan(2_000);
    answer.resolve();
    await world.clock.settle();
    expect([...world.controller.table.all()].map(({ create }) => create)).to.not.include("none");
  });

  it("cannot keep a pod from its deadline", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.refusal = new ProviderError("outcome unknown");
    const { metadata } = world.api.create("p", { activeDeadlineSeconds: 30 });
    await world.clock.advance(25_000);
    expect(world.api.byName("p")?.status?.phase).to.equal("Pending");
    world.provider.refusal = undefined;
    Object.defineProperty(world.provider, "createPod", {
      value: async () => Promise.reject(new ProviderError("outcome unknown")),
    });
    await world.clock.advance(20_000);
    expect(world.api.byName("p")?.status).to.include({ phase: "Failed", reason: "DeadlineExceeded" });
    expect(world.provider.tombstones.has(metadata.uid)).to.equal(true);
  });

  it("that refuses a feature fails the pod with the path, once", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.refusal = new ProviderError("no such thing", { reason: "UNSUPPORTED_FEATURE", paths: ["spec.x"] });
    world.api.create("p");
    await world.clock.advance(60_000);
    expect(world.api.byName("p")?.status).to.include({
      phase: "Failed",
      reason: "UnsupportedFeature",
      message: "Pod was rejected: spec.x: no such thing",
    });
    expect(world.provider.named("create")).to.have.length(1);
  });
});

describe("an API server that is away", () => {
  it("does not make the provider be asked without a pause for room that it does not have", async () => {
    await using world = startControlWorld();
    world.openSession();
    let creates = 0;
    const refuse = async () => {
      if (++creates > 100) world.api.down = false; // a loop without a pause would never let the test end
      throw new ProviderError("the backend is full", { reason: "OUT_OF_CAPACITY" });
    };
    Object.defineProperty(world.provider, "createPod", { value: refuse });
    world.api.create("p");
    world.api.down = true;
    await world.clock.advance(60_000);
    expect(creates).to.be.within(2, 30);
  });

  it("gets the start time that a refused pod had, not the time of the write", async () => {
    await using world = startControlWorld();
    world.openSession();
    world.provider.refusal = new ProviderError("no such thing", { reason: "UNSUPPORTED_FEATURE", paths: ["spec.x"] });
    const pod = world.api.create("p");
    world.api.down = true;
    await world.clock.advance(60_000);
    world.api.change(pod, { metadata: { ...pod.metadata, labels: { a: "b" } } });
    world.api.down = false;
    await world.clock.advance(15_000);
    expect(world.api.byName("p")?.status).to.include({ phase: "Failed", startTime: "2026-01-01T00:00:00Z" });
  });

  it("is given one start time, however often the write must be repeated", async () => {
    const api = new FakeApi();
    api.create("p");
    api.remove("p");
    await using world = startControlWorld({ api });
    api.late = true;
    api.loseAnswers = true;
    world.openSession();
    await world.clock.advance(5_000);
    world.closeSession();
    await world.clock.advance(20_000);
    expect(world.api.writes.length).to.be.greaterThan(2);
    const starts = new Set(world.api.writes.map(({ status }) => status.startTime));
    expect([...starts]).to.deep.equal(["2026-01-01T00:00:00Z"]);
  });

  it("does not keep the provider from being told to stop, and hears of ends afterwards", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p", { restartPolicy: "Never" });
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    world.api.down = true;
    world.provider.end(metadata.uid, 5);
    await world.clock.advance(60_000);
    world.api.down = false;
    await world.clock.advance(15_000);
    const status = world.api.byName("p")?.status;
    expect(status?.phase).to.equal("Failed");
    expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(5);
  });
});
