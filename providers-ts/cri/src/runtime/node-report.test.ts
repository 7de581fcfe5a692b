import { KUBELET_HOLDS_BACK } from "@outboard/provider-sdk";
import { expect } from "chai";
import type { RuntimeCondition } from "../gen/runtime/v1/api.js";
import { reportNode, type NodeFacts } from "./node-report.js";

const FACTS: NodeFacts = {
  facts: {
    name: "containerd",
    version: "2.4.2",
    handlers: [],
    supplementalGroupsPolicy: true,
    cgroupDriver: "cgroupfs",
  },
  health: { conditions: [], version: "2.4.2", images: [] },
  addresses: ["10.0.0.1"],
  machine: { cpuMillis: 2000, memoryBytes: 2 ** 30 + 1024, storageBytes: 2 ** 40, maxPods: 5 },
  held: KUBELET_HOLDS_BACK,
  dns: () => ({ servers: ["10.0.0.53"], searches: ["example.test"], options: [] }),
  info: new Map(),
};

function condition(type: string, status: boolean, reason = "", message = ""): RuntimeCondition {
  return { type, status, reason, message };
}

describe("reportNode", () => {
  it("is ready while the runtime says that it is", () => {
    const conditions = [condition("RuntimeReady", true), condition("NetworkReady", true)];
    const { state, node } = reportNode({ ...FACTS, health: { ...FACTS.health, conditions } });
    expect(state).to.equal("ready");
    expect(node).to.include({ containerRuntimeName: "containerd", containerRuntimeVersion: "2.4.2" });
    expect(node?.supplementalGroupsPolicy).to.equal(true);
    expect(node?.capacity.get("pods")).to.equal("5");
  });

  it("says in the kubelet's words that the network is not ready", () => {
    const conditions = [
      condition("RuntimeReady", true),
      condition("NetworkReady", false, "NetworkPluginNotReady", "cni plugin not initialized"),
    ];
    const { state, reason, message } = reportNode({ ...FACTS, health: { ...FACTS.health, conditions } });
    expect(state).to.equal("broken");
    expect(reason).to.equal("KubeletNotReady");
    expect(message).to.equal(
      "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:cni plugin not initialized",
    );
  });

  it("says that the runtime does not answer, and keeps the facts", () => {
    const report = reportNode({ ...FACTS, health: { ...FACTS.health, trouble: "connection refused" } });
    expect(report).to.include({ state: "broken", message: "container runtime is down: connection refused" });
    expect(report.node?.containerRuntimeVersion).to.equal("2.4.2");
  });

  it("takes what is reserved from what pods may use", () => {
    const { node } = reportNode({ ...FACTS, held: { ...KUBELET_HOLDS_BACK, cpuMillis: 500, memoryBytes: 1024 } });
    expect(Object.fromEntries(node?.capacity ?? [])).to.include({ cpu: "2", "ephemeral-storage": "1Ti" });
    expect(Object.fromEntries(node?.allocatable ?? [])).to.include({ cpu: "1500m", memory: "924Mi" });
    expect(node?.dns?.searches).to.deep.equal(["example.test"]);
  });
});
