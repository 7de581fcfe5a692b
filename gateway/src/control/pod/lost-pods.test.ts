import { expect } from "chai";
import { ProviderError } from "../../ports/provider.js";
import { FakeInputs } from "../testing/fake-inputs.js";
import { startControlWorld } from "../testing/world.js";

const ENDED = {
  kind: "terminated",
  exitCode: 1,
  reason: "Error",
  message: "",
  containerId: "c4",
  since: "2026-01-01T00:00:01Z",
  until: "2026-01-01T00:00:02Z",
} as const;

describe("a pod that is lost while the API server is away", () => {
  it("goes on with the counts that were told last, though the API never had them", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    world.api.down = true;
    for (let count = 0; count <= 4; count++) {
      world.provider.container(uid, "started", { kind: "running", since: "2026-01-01T00:00:01Z" }, count);
      world.provider.container(uid, "started", ENDED, count);
    }
    await world.settle();
    world.provider.restart("e2", "no-inputs");
    world.openSession({ instanceId: "two", epochChanged: true });
    await world.settle();
    world.provider.lose(uid);
    world.api.down = false;
    await world.clock.advance(15_000);
    const { kind: _, ...lastTermination } = ENDED;
    const order = world.provider.named("create").at(-1)?.order;
    expect(order).to.deep.include({ prior: [{ name: "c", restartCount: 5, lastTermination }] });
    expect(world.api.byName("p")?.status?.containerStatuses?.[0]?.restartCount).to.equal(5);
  });

  it("keeps the end that was told, though the provider forgot it before it was written", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { uid } = world.api.create("p", { restartPolicy: "Never" }).metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    world.api.down = true;
    world.provider.end(uid, 0);
    await world.settle();
    world.provider.lose(uid);
    world.provider.tombstones.add(uid);
    world.openSession();
    await world.clock.advance(15_000);
    world.api.down = false;
    await world.clock.advance(15_000);
    const status = world.api.byName("p")?.status;
    expect(status?.phase).to.equal("Succeeded");
    expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(0);
    world.api.remove("p");
    await world.clock.advance(15_000);
    expect(world.controller.table.get(uid)).to.equal(undefined);
  });

  it("keeps the end that was told by a provider that lost everything then", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { uid } = world.api.create("p", { restartPolicy: "Always" }).metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    world.api.down = true;
    world.api.remove("p", 5);
    await world.settle();
    world.provider.end(uid, 3);
    await world.settle();
    world.provider.restart("e2", "nothing");
    world.openSession({ instanceId: "two", epochChanged: true });
    await world.clock.advance(15_000);
    world.api.down = false;
    await world.clock.advance(15_000);
    const { status } = world.api.writes.at(-1) ?? {};
    expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(3);
    expect(world.api.byName("p")).to.equal(undefined);
  });
});

describe("a pod that others show as ended", () => {
  it("is not deleted for good before the provider was asked for what it was given", async () => {
    await using world = startControlWorld();
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    Object.defineProperty(world.controller, "takeProvider", { value: () => {}, configurable: true }); // the stream is late
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    world.provider.refusal = new ProviderError("refused", { reason: "BACKEND_CREDENTIALS" });
    world.api.remove("p", 40);
    const pod = world.api.byName("p");
    if (pod === undefined) throw new Error("no pod");
    world.api.change(pod, { status: { ...pod.status, phase: "Failed" } });
    await world.clock.advance(15_000);
    expect(world.api.byName("p")).not.to.equal(undefined);
    world.provider.refusal = undefined;
    await world.clock.advance(15_000);
    expect(world.provider.named("stop").at(-1)).to.include({ uid, reason: "orphan" });
    expect(world.api.byName("p")).not.to.equal(undefined);
    Reflect.deleteProperty(world.controller, "takeProvider");
    world.provider.end(uid, 3);
    await world.settle();
    const { status } = world.api.writes.at(-1) ?? {};
    expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(3);
    expect(world.api.byName("p")).to.equal(undefined);
  });
});

describe("a pod that waits to be given again", () => {
  it("is asked for by UID first when a snapshot lacks it before what it refers to has been read", async () => {
    const inputs = new FakeInputs();
    await using world = startControlWorld({ inputs });
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    const { promise, resolve } = Promise.withResolvers<readonly []>();
    inputs.services = () => promise;
    world.provider.restart("e2", "no-inputs");
    world.openSession({ instanceId: "two", epochChanged: true, complete: false });
    await world.settle();
    world.provider.calls.length = 0;
    world.provider.lose(uid);
    world.openSession({ instanceId: "two" });
    resolve([]);
    await world.settle();
    expect(world.provider.calls.map(({ name }) => name)).to.deep.equal(["get", "create"]);
  });
});
