import { expect } from "chai";
import type { FeatureSupport } from "../../domain/provider-facts.js";
import { FakeInputs } from "../testing/fake-inputs.js";
import { type ControlWorld, infoOf, startControlWorld } from "../testing/world.js";

const HONOURED: FeatureSupport = { id: "active_deadline", level: "honoured", text: "", bounds: [] };
const VOLUMES = [{ name: "v", configMap: { name: "none" } }];

/** A session with a provider that keeps deadlines itself. */
function openKeeping(world: ControlWorld): void {
  world.openSession();
  const features = new Map([["active_deadline", HONOURED]]);
  world.controller.takeProvider({ kind: "session", info: { ...infoOf("one", []), features } });
  const openedAt = world.clock.now() + 1;
  world.controller.takeProvider({ kind: "snapshot", uids: new Set(), complete: true, openedAt, epochChanged: false });
}

async function expectEndAt20(world: ControlWorld): Promise<void> {
  const { uid } = world.api.create("p", { activeDeadlineSeconds: 20, volumes: VOLUMES }).metadata;
  await world.clock.advance(19_000);
  expect(world.api.byName("p")?.status?.phase).to.equal("Pending");
  await world.clock.advance(1_500);
  expect(world.api.byName("p")?.status).to.include({ phase: "Failed", reason: "DeadlineExceeded" });
  expect(world.events.filter(({ reason }) => reason === "DeadlineExceeded")).to.have.length(1);
  expect(world.provider.tombstones.has(uid)).to.equal(true);
}

describe("the deadline of a pod that waits for its volumes", () => {
  it("ends it in time, however long the pause until the next try is", async () => {
    await using world = startControlWorld({ inputs: new FakeInputs() });
    world.openSession();
    await expectEndAt20(world);
  });

  it("is the gateway's to keep even if the provider keeps deadlines, for it was never given the pod", async () => {
    await using world = startControlWorld({ inputs: new FakeInputs() });
    openKeeping(world);
    await expectEndAt20(world);
  });
});

describe("the deadline of a pod that the provider has", () => {
  it("is the provider's to keep where it can", async () => {
    await using world = startControlWorld();
    openKeeping(world);
    const { uid } = world.api.create("p", { activeDeadlineSeconds: 20 }).metadata;
    await world.clock.settle();
    const order = world.provider.named("create")[0]?.order;
    expect(order !== undefined && "deadline" in order ? order.deadline : "").to.equal("2026-01-01T00:00:20.000Z");
    world.provider.run(uid);
    await world.clock.advance(60_000);
    expect(world.provider.named("stop")).to.deep.equal([]);
  });
});
