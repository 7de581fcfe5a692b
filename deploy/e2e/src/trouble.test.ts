import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import {
  conditionOf,
  createPod,
  eventually,
  getPod,
  instancesOf,
  type Node,
  pod,
  podRunning,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";

const TROUBLE_MS = 60_000;

async function ready(world: World): Promise<{ readonly status: string; readonly reason: string }> {
  const condition = conditionOf(await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`), "Ready");
  return { status: condition?.status ?? "", reason: condition?.reason ?? "" };
}

describe("a provider in trouble", () => {
  useCluster();

  for (const mode of ["hang", "unavailable"] as const) {
    it(`(${mode}) makes the node NotReady with a reason, fails no pod, and is taken back by itself`, async function () {
      this.timeout(240_000);
      const folder = await import("node:fs/promises").then(({ mkdtemp }) => mkdtemp("/tmp/ob-faults-"));
      const faults = join(folder, "faults.json");
      writeFileSync(faults, JSON.stringify({ mode: "none" }));
      await using world = await startWorld({ provider: "memory", providerArgs: ["--faults", faults] });
      await createPod(world, pod(world, "steady"));
      const before = await podRunning(world, "steady");
      writeFileSync(faults, JSON.stringify({ mode }));
      const since = Date.now();
      await eventually(async () => (await ready(world)).status === "False", {
        message: "node NotReady",
        timeoutMs: TROUBLE_MS,
      });
      expect((await ready(world)).reason).to.match(/^Provider[A-Z][a-zA-Z]+$/);
      await createPod(world, pod(world, "waiting"));
      await eventually(() => Date.now() - since > TROUBLE_MS, {
        message: "a minute of trouble",
        timeoutMs: 2 * TROUBLE_MS,
      });
      expect((await getPod(world, "steady")).status?.phase).to.equal("Running");
      expect((await getPod(world, "waiting")).status?.phase).to.equal("Pending");
      writeFileSync(faults, JSON.stringify({ mode: "none" }));
      await eventually(async () => (await ready(world)).status === "True", {
        message: "node Ready again",
        timeoutMs: TROUBLE_MS,
      });
      await podRunning(world, "waiting");
      expect(instancesOf(await getPod(world, "steady"))).to.deep.equal(instancesOf(before));
    });
  }

  it("(flood) stays Ready and its pods go on", async function () {
    this.timeout(180_000);
    const faults = join(
      await import("node:fs/promises").then(({ mkdtemp }) => mkdtemp("/tmp/ob-faults-")),
      "faults.json",
    );
    writeFileSync(faults, JSON.stringify({ mode: "none" }));
    await using world = await startWorld({ provider: "memory", providerArgs: ["--faults", faults] });
    await createPod(world, pod(world, "steady"));
    await podRunning(world, "steady");
    writeFileSync(faults, JSON.stringify({ mode: "flood" }));
    const since = Date.now();
    await createPod(world, pod(world, "another"));
    await podRunning(world, "another");
    await eventually(() => Date.now() - since > 15_000, { message: "15 s of flood" });
    expect((await ready(world)).status).to.equal("True");
    expect((await getPod(world, "steady")).status?.phase).to.equal("Running");
    writeFileSync(faults, JSON.stringify({ mode: "none" }));
    await world.kubectl(["delete", "pod", "steady", "another"]);
  });
});
