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
  maxPods: 5,
  reserved: { cpuMillis: 0, memoryBytes: 0 },
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
    const { node } = reportNode({ ...FACTS, reserved: { cpuMillis: 500, memoryBytes: 1024 * 1024 } });
    const memory = (which: ReadonlyMap<string, string> | undefined) => Number.parseInt(which?.get("memory") ?? "", 10);
    expect(node?.allocatable.get("cpu")).to.match(/500m$/);
    expect(memory(node?.capacity) - memory(node?.allocatable)).to.equal(1024);
  });
});
