import { expect } from "chai";
import { ProviderError } from "../../ports/provider.js";
import { FakeApi } from "../testing/fake-api.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

/** A world in which pod "p" runs, taken over by a second gateway process. */
async function succeeded(
  spec: Parameters<FakeApi["create"]>[1] = {},
  meanwhile: (api: FakeApi) => void = () => {},
): Promise<{ readonly world: ControlWorld; readonly uid: string }> {
  const api = new FakeApi();
  const first = startControlWorld({ api });
  first.openSession();
  const { metadata } = api.create("p", spec);
  await first.clock.settle();
  first.provider.run(metadata.uid);
  await first.settle();
  await first[Symbol.asyncDispose]();
  api.writes.length = 0;
  meanwhile(api);
  return { world: startControlWorld({ api, backend: first.provider }), uid: metadata.uid };
}

describe("a gateway that starts again", () => {
  it("leaves pods that run alone", async () => {
    const { world } = await succeeded();
    await using _ = world;
    world.openSession();
    await world.settle();
    expect(world.provider.calls).to.deep.equal([]);
    expect(world.api.writes).to.deep.equal([]);
  });

  it("concludes nothing before the first snapshot, nor from an incomplete one", async () => {
    const { world } = await succeeded();
    await using _ = world;
    world.provider.pods.clear();
    await world.settle();
    expect(world.provider.calls).to.deep.equal([]);
    world.openSession({ complete: false });
    await world.settle();
    expect(world.provider.calls).to.deep.equal([]);
    expect(world.api.byName("p")?.status?.phase).to.equal("Running");
  });

  it("creates a lost pod again with its counts when it may restart", async () => {
    const { world, uid } = await succeeded({ restartPolicy: "Always" });
    await using _ = world;
    world.provider.pods.clear();
    world.openSession();
    await world.settle();
    const [create] = world.provider.named("create");
    expect(create?.uid).to.equal(uid);
    expect(create?.order !== undefined && "prior" in create.order ? create.order.prior : []).to.deep.include.members([
      {
        name: "c",
        restartCount: 1,
        lastTermination: {
          reason: "ContainerStatusUnknown",
          message: "The container could not be located when the pod was deleted.  The container used to be Running",
          containerId: "c0",
          exitCode: 137,
          since: "2026-01-01T00:00:01Z",
        },
      },
    ]);
  });

  it("asks for a lost pod with pauses while the provider has no room", async () => {
    const { world } = await succeeded({ restartPolicy: "Always" });
    await using _ = world;
    world.provider.pods.clear();
    let creates = 0;
    const refuse = async () => {
      if (++creates > 100) world.api.pods.clear(); // a loop without a pause would never let the test end
      throw new ProviderError("the backend is full", { reason: "OUT_OF_CAPACITY" });
    };
    Object.defineProperty(world.provider, "createPod", { value: refuse });
    world.openSession();
    await world.clock.advance(60_000);
    expect(creates).to.be.within(2, 30);
  });

  it("fails a lost pod of which nothing may restart", async () => {
    const { world } = await succeeded({ restartPolicy: "Never" });
    await using _ = world;
    world.provider.pods.clear();
    world.openSession();
    await world.settle();
    expect(world.provider.named("create")).to.deep.equal([]);
    const status = world.api.byName("p")?.status;
    expect(status?.phase).to.equal("Failed");
    expect(status?.containerStatuses?.[0]?.state?.terminated).to.include({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
    });
  });

  it("takes a pod that the provider shows for acknowledged, though its status was never written", async () => {
    const api = new FakeApi();
    const first = startControlWorld({ api });
    first.openSession();
    const { metadata } = api.create("p", { restartPolicy: "Never" });
    await first.clock.settle();
    first.provider.run(metadata.uid);
    await first[Symbol.asyncDispose]();
    expect(api.writes).to.deep.equal([]);
    await using world = startControlWorld({ api, backend: first.provider });
    world.openSession();
    await world.settle();
    world.provider.pods.clear();
    world.openSession({ instanceId: "two", epochChanged: true, complete: false });
    await world.settle();
    expect(world.provider.named("create")).to.deep.equal([]);
    world.openSession({ instanceId: "two" });
    await world.settle();
    expect(world.provider.named("create")).to.deep.equal([]);
    expect(api.byName("p")?.status?.phase).to.equal("Failed");
  });

  it("reads that a lost pod has ended before it creates it again", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p", { restartPolicy: "Never" });
    await world.settle();
    world.api.late = true;
    world.api.loseAnswers = true;
    world.provider.set(metadata.uid, { stage: "ended", cause: "backend-lost" });
    await world.settle();
    expect(world.api.byName("p")?.status?.phase).to.equal("Failed");
    world.provider.restart("e2", "nothing");
    world.openSession({ instanceId: "two", epochChanged: true });
    await world.settle();
    expect(world.provider.named("create")).to.have.length(1);
  });

  it("does not finish the deletion of a pod that others failed before it knows what the provider has", async () => {
    const { world, uid } = await succeeded({}, (api) => {
      api.remove("p", 7);
      const pod = api.byName("p");
      if (pod !== undefined) api.change(pod, { status: { ...pod.status, phase: "Failed" } });
    });
    await using _ = world;
    world.provider.refusal = new ProviderError("no session");
    await world.settle();
    expect(world.api.byName("p")?.status?.phase).to.equal("Failed");
    world.provider.refusal = undefined;
    world.provider.end(uid, 5);
    world.openSession();
    await world.clock.advance(15_000);
    expect(world.api.writes.at(-1)?.status.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(5);
    expect(world.api.byName("p")).to.equal(undefined);
  });

  it("ends an orphan after a live read, and releases it", async () => {
    const { world, uid } = await succeeded({}, (api) => api.pods.clear());
    await using _ = world;
    world.openSession();
    await world.settle();
    expect(world.provider.named("stop")[0]).to.include({ uid, reason: "orphan" });
    world.provider.end(uid, 0);
    await world.settle();
    expect(world.provider.pods.size).to.equal(0);
  });

  it("carries on a deletion, with the grace it was given", async () => {
    const { world, uid } = await succeeded();
    await using _ = world;
    world.api.remove("p", 7);
    world.openSession();
    await world.settle();
    expect(world.provider.named("stop")[0]).to.include({ uid, grace: 7, reason: "user" });
  });

  it("stops what still runs of a pod that the API shows as ended", async () => {
    const { world, uid } = await succeeded();
    await using _ = world;
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { status: { ...pod.status, phase: "Failed" } });
    world.openSession();
    await world.settle();
    expect(world.provider.named("stop")[0]).to.include({ uid, grace: 30, reason: "orphan" });
    expect(world.api.byName("p")?.status?.phase).to.equal("Failed");
  });

  it("gives inputs again to a provider that lost them", async () => {
    const { world, uid } = await succeeded();
    await using _ = world;
    const pod = world.provider.pods.get(uid);
    if (pod === undefined) throw new Error("no pod");
    world.provider.pods.set(uid, { ...pod, needsInputs: true });
    world.openSession();
    await world.settle();
    const [create] = world.provider.named("create");
    expect(create?.order?.inputVersion).to.equal(2n);
  });

  it("creates a pod again that was lost while its inputs were on their way", async () => {
    const { world, uid } = await succeeded();
    await using _ = world;
    const pod = world.provider.pods.get(uid);
    if (pod === undefined) throw new Error("no pod");
    world.provider.pods.set(uid, { ...pod, needsInputs: true });
    world.provider.refusal = new ProviderError("outcome unknown");
    world.openSession();
    await world.settle();
    expect(world.provider.named("create").length).to.be.greaterThan(0);
    world.provider.refusal = undefined;
    world.provider.pods.clear();
    world.openSession({ instanceId: "two", epochChanged: true });
    await world.clock.advance(15_000);
    expect(world.provider.pods.has(uid)).to.equal(true);
  });

  it("gives inputs once, even if the observation that says so is late", async () => {
    const { world, uid } = await succeeded();
    await using _ = world;
    const pod = world.provider.pods.get(uid);
    if (pod === undefined) throw new Error("no pod");
    world.provider.pods.set(uid, { ...pod, needsInputs: true });
    let creates = 0;
    const take = async () => {
      if (++creates > 100) throw new Error("a loop without a pause would never let the test end");
    };
    Object.defineProperty(world.provider, "createPod", { value: take });
    world.openSession();
    await world.settle();
    expect(creates).to.equal(1);
  });
});

describe("a provider of a new epoch", () => {
  it("is told of every pod that ends before any pod is created", async () => {
    const { world, uid } = await succeeded();
    await using _ = world;
    world.openSession();
    await world.settle();
    world.api.remove("p", 9);
    await world.settle();
    expect(world.provider.named("stop")).to.have.length(1);
    world.closeSession();
    world.api.create("new");
    world.openSession({ instanceId: "two", epochChanged: true });
    await world.settle();
    const names = world.provider.calls.slice(1).map(({ name }) => name);
    expect(names.indexOf("stop")).to.be.lessThan(names.indexOf("create"));
    expect(world.provider.named("stop")[1]).to.include({ uid, grace: 9 });
    expect(world.provider.named("create")).to.have.length(1);
  });
});

describe("a pod that asked for its inputs and then ended", () => {
  it("is not created anew at a provider that forgot it, while the API does not take its status", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.api.refusal = "conflict";
    world.provider.run(uid);
    await world.settle();
    world.closeSession();
    world.provider.restart("e2", "no-inputs");
    for (const observation of world.provider.pods.values())
      world.controller.takeProvider({ kind: "observation", observation });
    world.provider.end(uid, 0);
    world.provider.restart("e3", "nothing");
    world.openSession({ instanceId: "three", epochChanged: true, complete: false });
    await world.clock.advance(20_000);
    expect(world.provider.named("create")).to.have.length(1);
    world.api.refusal = "none";
    await world.clock.advance(20_000);
    expect(world.api.byName("p")?.status?.phase).to.equal("Succeeded");
    expect(world.provider.named("create")).to.have.length(1);
  });
});

describe("a change of a running pod", () => {
  it("is sent where the provider can, once", async () => {
    await using world = startControlWorld({ capabilities: ["update.image"] });
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { spec: { ...pod.spec, containers: [{ name: "c", image: "other" }] } });
    await world.clock.advance(30_000);
    expect(world.provider.named("update")).to.have.length(1);
    expect(world.provider.named("update")[0]?.order).to.deep.include({ changes: ["image"] });
  });

  it("while the provider is away is sent once it is back, and nobody is warned", async () => {
    await using world = startControlWorld({ capabilities: ["update.image"] });
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    world.closeSession();
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { spec: { ...pod.spec, containers: [{ name: "c", image: "other" }] } });
    await world.clock.advance(2_000);
    expect(world.provider.named("update")).to.have.length(0);
    world.openSession();
    await world.clock.advance(30_000);
    expect(world.provider.named("update")[0]?.order).to.deep.include({ changes: ["image"] });
    expect(world.events.map(({ reason }) => reason)).to.not.include("UpdateUnsupported");
  });

  it("is sent once although an end must be shown first and the API server does not answer", async () => {
    await using world = startControlWorld({ capabilities: ["update.metadata"] });
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.api.down = true;
    const times = { since: "2026-01-01T00:00:01Z", until: "2026-01-01T00:00:02Z" };
    const end = { kind: "terminated", exitCode: 1, reason: "", message: "", containerId: "c0", ...times } as const;
    world.provider.run(uid);
    world.provider.container(uid, "started", end);
    await world.clock.settle();
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { metadata: { ...pod.metadata, labels: { a: "b" } } });
    world.provider.loseAnswers = true;
    await world.clock.advance(20_000);
    expect(world.provider.named("update")).to.have.length(1);
  });

  it("is told as a warning where it cannot, and the pod runs on", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { metadata } = world.api.create("p");
    await world.clock.settle();
    world.provider.run(metadata.uid);
    await world.settle();
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { metadata: { ...pod.metadata, labels: { a: "b" } } });
    await world.clock.advance(30_000);
    expect(world.provider.named("update")).to.have.length(0);
    expect(world.events.filter(({ reason }) => reason === "UpdateUnsupported")).to.have.length(1);
    expect(world.api.byName("p")?.status?.phase).to.equal("Running");
  });
});
