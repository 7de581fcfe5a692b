import { expect } from "chai";
import type { CreateOrder, ProviderEventMessage } from "../../ports/provider.js";
import { FakeProvider } from "./fake-provider.js";

function setup() {
  const told: ProviderEventMessage[] = [];
  return { provider: new FakeProvider((message) => told.push(message)), told };
}

function order(specDigest = "d", prior: CreateOrder["prior"] = []): CreateOrder {
  const rest = { manifest: new Uint8Array(), inputs: {} as never, startTime: "", specRevision: 7n, inputVersion: 3n };
  return { uid: "u", specDigest, prior, ...rest };
}

async function reasonOf(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return (error as { reason?: string } | undefined)?.reason;
}

describe("FakeProvider", () => {
  it("makes a pod once, whatever its order's repetition, and refuses another Manifest", async () => {
    const { provider, told } = setup();
    await provider.createPod(order());
    await provider.createPod(order());
    expect(told).to.have.length(1);
    expect(await reasonOf(provider.createPod(order("other")))).to.equal("SPEC_CONFLICT");
  });

  it("starts nothing for a UID that was stopped or released before", async () => {
    const { provider } = setup();
    await provider.stopPod("u", 1, "user");
    expect(await reasonOf(provider.createPod(order()))).to.equal("TOMBSTONED");
    expect(await reasonOf(provider.getPod("u"))).to.equal("POD");
  });

  it("keeps the first cause of a stop, and says nothing new at a second", async () => {
    const { provider, told } = setup();
    await provider.createPod(order());
    await provider.stopPod("u", 30, "user");
    await provider.stopPod("u", 5, "orphan");
    expect(provider.pods.get("u")).to.include({ stage: "stopping", cause: "user" });
    expect(told).to.have.length(2);
  });

  it("releases only what has ended, and leaves a tombstone", async () => {
    const { provider } = setup();
    await provider.createPod(order());
    expect(await reasonOf(provider.releasePod("u"))).to.equal("STILL_RUNNING");
    provider.set("u", { stage: "ended" });
    await provider.releasePod("u");
    expect(await reasonOf(provider.createPod(order()))).to.equal("TOMBSTONED");
  });

  it("makes nothing anew of a pod that it forgot after its end, and anew what it lost before", async () => {
    const { provider } = setup();
    await provider.createPod(order());
    provider.lose("u");
    await provider.createPod(order());
    provider.set("u", { stage: "ended" });
    provider.lose("u");
    expect(await reasonOf(provider.createPod(order()))).to.equal("TOMBSTONED");
  });

  it("says nothing of unknown pods while its inventory is not complete, except of tombstones", async () => {
    const { provider } = setup();
    await provider.stopPod("t", 1, "user");
    provider.complete = false;
    const calls = [
      provider.createPod(order()),
      provider.getPod("u"),
      provider.stopPod("u", 1, "user"),
      provider.releasePod("u"),
    ];
    for (const call of calls) expect(await reasonOf(call)).to.equal("NOT_READY");
    expect(await reasonOf(provider.getPod("t"))).to.equal("POD");
  });

  it("goes on with the counts of a lost pod", async () => {
    const { provider } = setup();
    await provider.createPod(order("d", [{ name: "c", restartCount: 4 }]));
    expect(provider.pods.get("u")?.containers[0]).to.include({ name: "c", restartCount: 4 });
  });

  it("takes any order for a pod whose inputs it lost, and changes nothing else of it", async () => {
    const { provider } = setup();
    await provider.createPod(order());
    provider.set("u", { stage: "started" });
    provider.restart("e2", "no-inputs");
    expect(provider.pods.get("u")).to.include({ needsInputs: true, specDigest: "", epoch: "e2", revision: 1n });
    await provider.createPod(order("other"));
    expect(provider.pods.get("u")).to.include({ needsInputs: false, specDigest: "other", stage: "started" });
  });

  it("has no tombstones in a new process", async () => {
    const { provider } = setup();
    await provider.stopPod("u", 1, "user");
    provider.restart("e2", "nothing");
    await provider.createPod(order());
    expect(provider.pods.has("u")).to.equal(true);
  });

  it("lets revisions rise within an epoch, also of a pod that was lost and made again", async () => {
    const { provider } = setup();
    await provider.createPod(order());
    provider.lose("u");
    await provider.createPod(order());
    expect(provider.pods.get("u")?.revision).to.equal(2n);
  });

  it("updates no pod that ends", async () => {
    const { provider } = setup();
    await provider.createPod(order());
    await provider.stopPod("u", 1, "user");
    expect(await reasonOf(provider.updatePod({ ...order("other"), changes: [] }))).to.equal("NOT_RUNNING");
  });
});
