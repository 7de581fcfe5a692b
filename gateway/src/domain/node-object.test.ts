import { expect } from "chai";
import { goldenText } from "./golden.test.js";
import type { Node } from "./kubernetes.js";
import { computeNode, type NodeIdentity, type NodeProvider, readyOf } from "./node-object.js";
import { isSettableLabel } from "./node-labels.js";
import { isNodeStatusStale } from "./node-staleness.js";
import type { NodeFacts } from "./provider-facts.js";

const golden = JSON.parse(goldenText("node/node.json")) as Node;
const NOW = Date.parse("2026-11-25T13:44:10Z");

const facts: NodeFacts = {
  capacity: golden.status?.capacity ?? {},
  allocatable: golden.status?.allocatable ?? {},
  conditions: [],
  addresses: [{ type: "InternalIP", address: "10.200.0.1" }],
  labels: {
    "topology.kubernetes.io/zone": "z",
    "kubernetes.io/hostname": "other",
    "node-restriction.kubernetes.io/x": "1",
    team: "a",
  },
  taints: [{ key: "outboard.dev/provider", value: "", effect: "NoSchedule" }],
  operatingSystem: "",
  architecture: "amd64",
  runtimeName: "containerd",
  runtimeVersion: "2.4.2",
  runtimeHandlers: [
    { name: "test-handler", recursiveReadOnlyMounts: true, userNamespaces: false },
    { name: "", recursiveReadOnlyMounts: true, userNamespaces: false },
    { name: "runc", recursiveReadOnlyMounts: true, userNamespaces: false },
  ],
  supplementalGroupsPolicy: true,
  images: (golden.status?.images ?? [])
    .map(({ names = [], sizeBytes = 0 }) => ({ names: names.toReversed(), sizeBytes }))
    .toReversed(),
  kernelVersion: "6.18.44-fc-v657",
  osImage: "Debian GNU/Linux 12 (bookworm)",
};
const identity: NodeIdentity = {
  name: "real-1",
  labels: {},
  annotations: {},
  ownIP: "192.0.2.9",
  kubeletVersion: "v1.37.2",
  port: 10250,
  clusterId: "c",
};

function provider(change: Partial<NodeProvider["node"]> = {}, more: Partial<NodeProvider> = {}): NodeProvider {
  const node = { state: "ready", reason: "", message: "", inventoryComplete: true, ...change } as const;
  return { info: { features: new Map(), capabilities: new Set() }, node, facts, ...more };
}

describe("computeNode", () => {
  const node = computeNode(identity, provider(), undefined, NOW);

  it("shows a healthy node as the kubelet shows one", () => {
    const { status } = node;
    for (const field of [
      "capacity",
      "allocatable",
      "addresses",
      "daemonEndpoints",
      "features",
      "runtimeHandlers",
    ] as const) {
      expect(status?.[field], field).to.deep.equal(golden.status?.[field]);
    }
    const words = (each: Node) =>
      each.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]);
    expect(words(node)).to.deep.equal(words(golden));
    expect(status?.images?.map(({ sizeBytes }) => sizeBytes)).to.deep.equal(
      golden.status?.images?.map(({ sizeBytes }) => sizeBytes),
    );
    expect(status?.images?.every(({ names }) => names?.[0]?.includes("@"))).to.equal(true);
    expect(status?.nodeInfo).to.include({
      containerRuntimeVersion: "containerd://2.4.2",
      kubeletVersion: "v1.37.2",
      operatingSystem: "linux",
    });
  });

  it("sets its own labels and drops those that a node may not set", () => {
    expect(node.metadata?.labels).to.deep.equal({
      ...golden.metadata?.labels,
      "topology.kubernetes.io/zone": "z",
      team: "a",
    });
  });

  it("gives taints at registration and never touches the spec afterwards", () => {
    expect(node.spec?.taints).to.deep.equal([{ key: "outboard.dev/provider", effect: "NoSchedule" }]);
    expect(computeNode(identity, provider(), golden, NOW).spec).to.deep.equal(golden.spec);
  });

  it("has the same machine id for the same node of the same cluster", () => {
    const again = computeNode(identity, provider(), undefined, NOW + 1);
    expect(again.status?.nodeInfo?.machineID).to.equal(node.status?.nodeInfo?.machineID);
    const other = computeNode({ ...identity, clusterId: "d" }, provider(), undefined, NOW);
    expect(other.status?.nodeInfo?.machineID).not.to.equal(node.status?.nodeInfo?.machineID);
  });

  const troubles: readonly (readonly [string, NodeProvider, boolean, string])[] = [
    ["silent", provider({}, { silent: { reason: "ProviderUnreachable", message: "m" } }), false, "ProviderUnreachable"],
    ["broken", provider({ state: "broken" }), false, "ProviderBroken"],
    ["broken with a reason", provider({ state: "broken", reason: "QuotaGone" }), false, "QuotaGone"],
    ["starting", provider({ state: "starting" }), false, "ProviderStarting"],
    ["without all of its pods", provider({ inventoryComplete: false }), false, "ProviderStarting"],
    ["degraded", provider({ state: "degraded", reason: "Slow", message: "m" }), true, "Slow"],
  ];
  for (const [what, said, ready, reason] of troubles) {
    it(`is ${ready ? "ready" : "not ready"} with reason ${reason} while the provider is ${what}`, () => {
      const made = computeNode(identity, said, golden, NOW);
      expect(readyOf(made)).to.equal(ready);
      expect(made.status?.conditions?.find(({ type }) => type === "Ready")?.reason).to.equal(reason);
    });
  }

  it("keeps foreign conditions, and the time of what did not change", () => {
    const foreign = { type: "example.com/Drained", status: "True" };
    const found = {
      ...golden,
      status: { ...golden.status, conditions: [...(golden.status?.conditions ?? []), foreign] },
    };
    const made = computeNode(identity, provider(), found, NOW + 60_000);
    expect(made.status?.conditions?.find(({ type }) => type === foreign.type)).to.deep.equal(foreign);
    const ready = made.status?.conditions?.find(({ type }) => type === "Ready");
    expect(ready?.lastTransitionTime).to.equal("2026-11-25T13:25:37Z");
    expect(ready?.lastHeartbeatTime).to.equal("2026-11-25T13:45:10Z");
  });

  it("declares what the provider honours and Kubernetes has a name for", () => {
    const support = { id: "restart_policy.all_containers", level: "honoured", text: "", bounds: [] } as const;
    const made = computeNode(
      { ...identity, declaredFeatures: ["Z"] },
      provider({}, { info: { features: new Map([[support.id, support]]), capabilities: new Set() } }),
      undefined,
      NOW,
    );
    expect(made.status?.declaredFeatures).to.deep.equal(["RestartAllContainersOnContainerExits", "Z"]);
  });
});

describe("declared features of resizes", () => {
  const ids = ["resources.pod_level", "init_containers"];
  const features = new Map(ids.map((id) => [id, { id, level: "honoured", text: "", bounds: [] } as const]));

  it("are of what the provider honours", () => {
    const made = (capabilities: readonly string[]) =>
      computeNode(identity, provider({}, { info: { features, capabilities: new Set(capabilities) } }), undefined, NOW);
    expect(made(["update.resources"]).status?.declaredFeatures).to.deep.equal([
      "InPlacePodLevelResourcesVerticalScaling",
      "InPlacePodVerticalScalingInitContainers",
    ]);
    expect(made([]).status?.declaredFeatures).to.equal(undefined);
  });
});

describe("isSettableLabel", () => {
  const labels: Readonly<Record<string, boolean>> = {
    plain: true,
    "example.com/a": true,
    "kubernetes.io/a": false,
    "sub.kubernetes.io/a": false,
    "k8s.io/a": false,
    "notk8s.io/a": true,
    "node.kubernetes.io/a": true,
    "x.kubelet.kubernetes.io/a": true,
    "node-restriction.kubernetes.io/a": false,
    "topology.kubernetes.io/region": true,
  };
  for (const [label, settable] of Object.entries(labels)) {
    it(`${settable ? "allows" : "forbids"} ${label}`, () => {
      expect(isSettableLabel(label)).to.equal(settable);
    });
  }
});

describe("isNodeStatusStale", () => {
  const found = computeNode(identity, provider(), undefined, NOW);

  it("is false while only the heartbeat moves", () => {
    const wanted = computeNode(identity, provider(), found, NOW + 10_000);
    expect(isNodeStatusStale(found, wanted, NOW, NOW + 10_000)).to.equal(false);
  });

  it("is true after five minutes, and at once for a change", () => {
    const wanted = computeNode(identity, provider(), found, NOW + 300_000);
    expect(isNodeStatusStale(found, wanted, NOW, NOW + 300_000)).to.equal(true);
    const broken = computeNode(identity, provider({ state: "broken" }), found, NOW + 1);
    expect(isNodeStatusStale(found, broken, NOW, NOW + 1)).to.equal(true);
  });
});
