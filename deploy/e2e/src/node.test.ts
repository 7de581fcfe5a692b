import { expect } from "chai";
import {
  backendEmpty,
  conditionOf,
  createPod,
  eventually,
  getPod,
  instancesOf,
  type Lease,
  leasePath,
  type Node,
  pod,
  podRunning,
  podWhen,
  startWorld,
  useCluster,
} from "./support/index.js";

describe("the node object", () => {
  useCluster();

  it("shows what users of virtual nodes look for", async () => {
    await using world = await startWorld({ provider: "memory" });
    const node = await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`);
    expect(node.metadata.labels).to.include({
      type: "virtual-kubelet",
      "kubernetes.io/hostname": world.nodeName,
      "kubernetes.io/os": "linux",
    });
    expect(node.spec?.taints).to.deep.include({
      key: "virtual-kubelet.io/provider",
      value: "memory",
      effect: "NoSchedule",
    });
    expect(node.status?.nodeInfo?.["kubeletVersion"]).to.match(/^v1\.\d+\.\d+/);
    expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).to.be.greaterThan(0);
    for (const type of ["MemoryPressure", "DiskPressure", "PIDPressure"])
      expect(conditionOf(node, type)?.status).to.equal("False");
    expect(conditionOf(node, "Ready")?.message).to.equal("kubelet is posting ready status");
  });

  it("deleted behind our back is registered again within 10 s, its pods intact, its lease owned", async () => {
    await using world = await startWorld({ provider: "process" });
    await createPod(world, pod(world, "steady"));
    const before = instancesOf(await podRunning(world, "steady"));
    const path = `/api/v1/nodes/${world.nodeName}`;
    const old = (await world.api.get<Node>(path)).metadata.uid;
    await world.api.delete(path);
    const found = await eventually(
      async () => {
        const node = await world.api.get<Node>(path);
        return node.metadata.uid === old ? undefined : node;
      },
      { message: "registered again", timeoutMs: 10_000 },
    );
    await eventually(
      async () =>
        (await world.api.get<Lease>(leasePath(world))).metadata.ownerReferences?.some(
          (owner) => owner["uid"] === found.metadata.uid,
        ),
      { message: "lease owned by the new node", timeoutMs: 15_000 },
    );
    const steady = await getPod(world, "steady");
    expect(steady.metadata.deletionTimestamp).to.equal(undefined);
    expect(instancesOf(steady)).to.deep.equal(before);
  });

  it("left alone for a while has its pods made not ready by Kubernetes, and repaired when it is back", async function () {
    this.timeout(240_000);
    await using world = await startWorld({ provider: "process" });
    await createPod(world, pod(world, "steady"));
    const before = instancesOf(await podRunning(world, "steady"));
    await world.killGateway();
    await podWhen(world, "steady", (found) => conditionOf(found, "Ready")?.status === "False", {
      message: "made not ready",
      timeoutMs: 120_000,
    });
    await world.startGateway();
    const repaired = await podWhen(world, "steady", (found) => conditionOf(found, "Ready")?.status === "True", {
      message: "repaired",
    });
    expect(instancesOf(repaired)).to.deep.equal(before);
  });

  it("of two gateways belongs to the younger: the older one is fenced off and ends with 3", async () => {
    await using world = await startWorld({ provider: "memory" });
    await createPod(world, pod(world, "steady"));
    const before = instancesOf(await podRunning(world, "steady"));
    const { startSecondGateway } = await import("./support/second-gateway.js");
    await using second = await startSecondGateway(world);
    const exit = await eventually(() => world.gateway.exit(), {
      message: "the older gateway's end",
      timeoutMs: 40_000,
    });
    expect(exit).to.deep.equal({ kind: "code", code: 3 });
    expect(world.gateway.log()).to.contain("a newer gateway has taken over this node");
    await world.kubectl(["delete", "pod", "steady"]);
    await backendEmpty(world);
    second.expectRunning();
    expect(before).not.to.equal(undefined);
  });
});
