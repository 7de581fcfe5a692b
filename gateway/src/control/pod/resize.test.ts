import { expect } from "chai";
import type { PodSpec, PodStatus } from "../../domain/kubernetes.js";
import { ProviderError } from "../../ports/provider.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

const CAN = ["update.resources"];

function spec(cpu: string): Partial<PodSpec> {
  return { containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }] };
}

async function startRunning(world: ControlWorld, name: string, cpu: string): Promise<string> {
  const { metadata } = world.api.create(name, spec(cpu));
  await world.clock.settle();
  world.provider.run(metadata.uid);
  await world.settle();
  return metadata.uid;
}

async function resize(world: ControlWorld, name: string, cpu: string): Promise<void> {
  const pod = world.api.byName(name);
  if (pod === undefined) throw new Error("no pod");
  const generation = (pod.metadata.generation ?? 0) + 1;
  world.api.change(pod, { metadata: { ...pod.metadata, generation }, spec: { ...pod.spec, ...spec(cpu) } });
  await world.settle();
}

function statusOf(world: ControlWorld, name: string): PodStatus {
  return world.api.byName(name)?.status ?? {};
}

/** Reason of each resize condition, and the generation that it is about. */
function conditions(world: ControlWorld, name: string): readonly unknown[] {
  return (statusOf(world, name).conditions ?? [])
    .filter(({ type }) => type.startsWith("PodResize"))
    .map(({ type, reason, observedGeneration }) => [type, reason, observedGeneration]);
}

function told(world: ControlWorld): readonly string[] {
  return world.events.filter(({ reason }) => reason.startsWith("Resize")).map(({ message }) => message);
}

/** CPU that the provider was given last. */
function given({ provider }: ControlWorld, uid: string): string | undefined {
  const call = provider.calls.findLast((each) => each.uid === uid && (each.order ?? each.inputs) !== undefined);
  const inputs = call?.order?.inputs ?? call?.inputs;
  return inputs?.containers[0]?.resources?.requests["cpu"];
}

/** As golden/resize-ok shows it. */
describe("a resize", () => {
  it("that fits is allocated, shown in progress, and completed once the provider shows it", async () => {
    await using world = startControlWorld({ capabilities: CAN });
    world.openSession();
    const uid = await startRunning(world, "p", "100m");
    world.provider.set(uid, { resize: { kind: "in-progress" } });
    await resize(world, "p", "150m");
    expect(given(world, uid)).to.equal("150m");
    expect(world.provider.named("update")[0]?.order).to.deep.include({ changes: ["resources"] });
    expect(conditions(world, "p")).to.deep.equal([["PodResizeInProgress", undefined, 2]]);
    expect(statusOf(world, "p").containerStatuses?.[0]?.allocatedResources).to.deep.equal({ cpu: "150m" });
    world.provider.set(uid, { resize: undefined } as object);
    await world.settle();
    expect(conditions(world, "p")).to.deep.equal([]);
    const summary = '{"containers":[{"name":"c","resources":{"requests":{"cpu":"150m"}}}],"generation":2}';
    expect(told(world)).to.deep.equal([`Pod resize started: ${summary}`, `Pod resize completed: ${summary}`]);
  });

  it("that can never fit is infeasible: the pod goes on with what it has, told once", async () => {
    await using world = startControlWorld({ capabilities: CAN });
    world.openSession();
    const uid = await startRunning(world, "p", "100m");
    await resize(world, "p", "50");
    await world.settle();
    expect(given(world, uid)).to.equal("100m");
    expect(conditions(world, "p")).to.deep.equal([["PodResizePending", "Infeasible", 2]]);
    expect(statusOf(world, "p").containerStatuses?.[0]?.allocatedResources).to.deep.equal({ cpu: "100m" });
    expect(told(world)).to.have.length(1);
    expect(told(world)[0]).to.match(/^Pod resize Infeasible: .*"generation":2,"error":"Node didn't have enough/);
    await resize(world, "p", "100m");
    expect(conditions(world, "p")).to.deep.equal([]);
  });

  it("of a provider that cannot is infeasible", async () => {
    await using world = startControlWorld();
    world.openSession();
    await startRunning(world, "p", "100m");
    await resize(world, "p", "150m");
    expect(conditions(world, "p")).to.deep.equal([["PodResizePending", "Infeasible", 2]]);
    expect(world.events.map(({ reason }) => reason)).not.to.include("UpdateUnsupported");
  });

  it("that does not fit now is deferred until another pod leaves", async () => {
    await using world = startControlWorld({ capabilities: CAN });
    world.openSession();
    const other = await startRunning(world, "other", "8");
    const uid = await startRunning(world, "p", "1");
    await resize(world, "p", "5");
    expect(conditions(world, "p")).to.deep.equal([["PodResizePending", "Deferred", 2]]);
    expect(given(world, uid)).to.equal("1000m");
    world.api.remove("other");
    await world.settle();
    world.provider.end(other, 0);
    await world.settle();
    await world.settle();
    expect(given(world, uid)).to.equal("5000m");
    expect(conditions(world, "p")).to.deep.equal([]);
    expect(told(world).map((text) => text.split(":")[0])).to.deep.equal([
      "Pod resize OutOfcpu",
      "Pod resize started",
      "Pod resize completed",
    ]);
  });

  it("that waits stays about the generation that asked for it, and is told once, whatever else changes", async () => {
    await using world = startControlWorld({ capabilities: CAN });
    world.openSession();
    await startRunning(world, "other", "8");
    await startRunning(world, "p", "1");
    await resize(world, "p", "5");
    await resize(world, "p", "5");
    expect(world.api.byName("p")?.metadata.generation).to.equal(3);
    expect(conditions(world, "p")).to.deep.equal([["PodResizePending", "Deferred", 2]]);
    expect(told(world)).to.have.length(1);
    await resize(world, "p", "6");
    expect(conditions(world, "p")).to.deep.equal([["PodResizePending", "Deferred", 4]]);
    expect(told(world)).to.have.length(2);
  });

  it("that the provider has no room for is deferred, and tried again", async () => {
    await using world = startControlWorld({ capabilities: CAN });
    world.openSession();
    const uid = await startRunning(world, "p", "1");
    world.provider.refusal = new ProviderError("no room for 5 cores", { reason: "OUT_OF_CAPACITY" });
    await resize(world, "p", "5");
    expect(conditions(world, "p")).to.deep.equal([["PodResizePending", "Deferred", 2]]);
    expect(statusOf(world, "p").containerStatuses?.[0]?.allocatedResources).to.deep.equal({ cpu: "1" });
    world.provider.refusal = undefined;
    await world.clock.advance(31_000);
    await world.settle();
    expect(given(world, uid)).to.equal("5000m");
    expect(conditions(world, "p")).to.deep.equal([]);
  });
});
