// Pods that must go: for what they hold on disk, and by the eviction API.

import { expect } from "chai";
import {
  container,
  createPod,
  pod,
  podGone,
  podPath,
  podPhase,
  podRunning,
  podWhen,
  startWorld,
  useCluster,
} from "./support/index.js";

describe("a pod that must go", () => {
  useCluster();

  it("is evicted when an emptyDir volume holds more than its limit, with the kubelet's words", async () => {
    await using world = await startWorld({ provider: "process" });
    const base = pod(world, "full");
    const main = {
      ...container("main", "head -c 3000000 /dev/zero > /e/f; while :; do sleep 0.2; done"),
      volumeMounts: [{ name: "e", mountPath: "/e" }],
    };
    const volumes = [{ name: "e", emptyDir: { sizeLimit: "1Mi" } }];
    await createPod(world, { ...base, spec: { ...base.spec, volumes, containers: [main] } });
    const { status } = await podPhase(world, "full", "Failed");
    const message = 'Usage of EmptyDir volume "e" exceeds the limit "1Mi". ';
    expect([status?.reason, status?.message]).to.deep.equal(["Evicted", message]);
    const args = ["get", "events", "--field-selector=reason=Evicted", "-o", "jsonpath={.items[*].message}"];
    expect(await world.kubectl(args)).to.equal(message);
  });

  it("ends in good order after the eviction API, whose condition stays", async () => {
    await using world = await startWorld({ provider: "process" });
    const base = pod(world, "asked");
    const held = { ...base, metadata: { ...base.metadata, finalizers: ["example.com/hold"] } };
    await createPod(world, held);
    await podRunning(world, "asked");
    await world.api.create(`${podPath(world, "asked")}/eviction`, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "asked", namespace: world.namespace },
    });
    const ended = await podWhen(world, "asked", ({ status }) => status?.phase === "Succeeded", { message: "ended" });
    const found = ended.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    expect(found).to.include({ status: "True", reason: "EvictionByEvictionAPI" });
    await world.api.patch(podPath(world, "asked"), { metadata: { finalizers: null } });
    await podGone(world, "asked", ended.metadata.uid ?? "");
  });
});
