import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
  type WorldOptions,
} from "./support/index.js";

const TROUBLE_MS = 60_000;

async function ready(world: World): Promise<{ readonly status: string; readonly reason: string }> {
  const condition = conditionOf(await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`), "Ready");
  return { status: condition?.status ?? "", reason: condition?.reason ?? "" };
}

describe("a provider in trouble", () => {
  useCluster();
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ob-faults-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const provider = (): Pick<WorldOptions, "provider" | "providerArgs"> => ({
    provider: "memory",
    providerArgs: ["--faults", join(folder, "faults.json")],
  });
  const fault = (mode: "none" | "hang" | "unavailable" | "flood"): void =>
    writeFileSync(join(folder, "faults.json"), JSON.stringify({ mode }));

  for (const mode of ["hang", "unavailable"] as const) {
    it(`(${mode}) makes the node NotReady with a reason, fails no pod, and is taken back by itself`, async function () {
      this.timeout(240_000);
      fault("none");
      await using world = await startWorld(provider());
      await createPod(world, pod(world, "steady"));
      const before = await podRunning(world, "steady");
      fault(mode);
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
      fault("none");
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
    fault("none");
    await using world = await startWorld(provider());
    await createPod(world, pod(world, "steady"));
    await podRunning(world, "steady");
    fault("flood");
    const since = Date.now();
    await createPod(world, pod(world, "another"));
    await podRunning(world, "another");
    await eventually(() => Date.now() - since > 15_000, { message: "15 s of flood" });
    expect((await ready(world)).status).to.equal("True");
    expect((await getPod(world, "steady")).status?.phase).to.equal("Running");
    fault("none");
    await world.kubectl(["delete", "pod", "steady", "another"]);
  });
});
