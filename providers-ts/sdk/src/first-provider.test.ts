import { readFileSync } from "node:fs";
import { type CreatePodRequest, PodStage, SandboxState, TerminationCause } from "@outboard/contract";
import { expect } from "chai";
import { openWorld, orderOf, reasonOf } from "./harness.test.js";
import type { NodeReport, ObservationDraft, PodProvider, ProviderDescription, ProviderHost } from "./provider.js";

// README: begin
/** A provider whose backend is a map: the smallest that conforms. */
class Tiny implements PodProvider {
  readonly #pods = new Map<string, ObservationDraft>();
  #host: ProviderHost | undefined;

  describe(): ProviderDescription {
    return { name: "tiny", version: "1", capabilities: [], features: [] };
  }

  node(): NodeReport {
    return { state: "ready" };
  }

  async start(host: ProviderHost): Promise<void> {
    this.#host = host; // then publish every pod that the backend has already
  }

  async stop(): Promise<void> {}

  async createPod(order: CreatePodRequest): Promise<{ readonly backendId: string }> {
    // Make the backend's object so that it can be found from order.uid alone, then say what you see.
    const { uid, specRevision, specDigest, inputVersion } = order;
    const backendId = `tiny-${uid}`;
    this.#publish({
      uid,
      namespace: "",
      name: "",
      specRevision,
      specDigest,
      inputVersion,
      backendId,
      stage: PodStage.STARTED,
      sandbox: SandboxState.READY,
      podIps: [],
      hostIps: [],
      containers: [], // one for each container of order.manifest
      needsInputs: false,
      cause: TerminationCause.UNSPECIFIED,
    });
    return { backendId };
  }

  async stopPod(uid: string): Promise<void> {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) this.#publish({ ...pod, stage: PodStage.ENDED, sandbox: SandboxState.GONE });
  }

  async releasePod(uid: string): Promise<void> {
    this.#pods.delete(uid);
  }

  async updateInputs(): Promise<void> {}

  #publish(pod: ObservationDraft): void {
    this.#pods.set(pod.uid, pod);
    this.#host?.publish(pod);
  }
}
// README: end

describe("the first provider of the README", () => {
  it("is the one that is tested here", () => {
    const file = readFileSync(new URL("../src/first-provider.test.ts", import.meta.url), "utf8");
    const shown = file.slice(
      file.indexOf("// README: begin\n") + "// README: begin\n".length,
      file.indexOf("// README: end"),
    );
    expect(readFileSync(new URL("../README.md", import.meta.url), "utf8")).to.contain(shown.trim());
  });

  it("takes a pod through its life", async () => {
    await using world = await openWorld(new Tiny());
    const { pods, options } = await world.owner();
    expect(await pods.createPod(orderOf("u"), options)).to.deep.equal({ backendId: "tiny-u" });
    expect(await reasonOf(pods.releasePod({ uid: "u" }, options))).to.equal("STILL_RUNNING");
    await pods.stopPod({ uid: "u", graceSeconds: 5, reason: 1 }, options);
    expect((await pods.getPod({ uid: "u" }, options)).pod?.stage).to.equal(PodStage.ENDED);
    await pods.releasePod({ uid: "u" }, options);
    expect(await reasonOf(pods.createPod(orderOf("u"), options))).to.equal("TOMBSTONED");
  });

  it("refuses what it did not declare without a line of its own", async () => {
    await using world = await openWorld(new Tiny());
    const { pods, stats, options } = await world.owner();
    const calls = [
      pods.updatePod({ ...orderOf("u"), changes: [1] }, options),
      stats.getStats({ onlyCpuAndMemory: false }, options),
    ];
    for (const call of calls) expect(await reasonOf(call)).to.equal("CAPABILITY");
  });
});
