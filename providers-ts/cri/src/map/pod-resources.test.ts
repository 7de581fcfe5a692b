import { expect } from "chai";
import { oomScoreAdj } from "./oom-score.js";
import type { ResourcesJson } from "./pod-json.js";
import { amountsOf, isLimited, podTotal, qosOf } from "./pod-resources.js";

const MIB = 2 ** 20;

function pod(spec: Record<string, unknown>) {
  return amountsOf({ spec });
}

function container(name: string, requests: Record<string, string>, limits: Record<string, string> = {}, more = {}) {
  const resources: ResourcesJson = { requests, limits };
  return { name, resources, ...more };
}

describe("what a pod asks for", () => {
  it("knows the class", () => {
    const full = { cpu: "1", memory: "64Mi" };
    expect(qosOf(pod({ containers: [container("a", {})] }))).to.equal("BestEffort");
    expect(qosOf(pod({ containers: [container("a", full, full)] }))).to.equal("Guaranteed");
    expect(qosOf(pod({ containers: [container("a", full, full), container("b", {})] }))).to.equal("Burstable");
    expect(qosOf(pod({ containers: [container("a", { cpu: "500m" }, full)] }))).to.equal("Burstable");
    expect(qosOf(pod({ containers: [container("a", { cpu: "1000m", memory: "67108864" }, full)] }))).to.equal(
      "Guaranteed",
    );
    expect(qosOf(pod({ resources: { requests: full, limits: full }, containers: [container("a", {})] }))).to.equal(
      "Guaranteed",
    );
  });

  it("adds up what runs together, and takes the most that init containers need", () => {
    const { cpuMillis, memoryBytes } = podTotal(
      pod({
        initContainers: [
          container("sidecar", { cpu: "100m", memory: "10Mi" }, {}, { restartPolicy: "Always" }),
          container("init", { cpu: "1", memory: "1Mi" }),
        ],
        containers: [container("a", { cpu: "200m", memory: "20Mi" }), container("b", { memory: "30Mi" })],
        overhead: { cpu: "7m" },
      }),
      "requests",
    );
    expect(cpuMillis).to.equal(1107);
    expect(memoryBytes).to.equal(60 * MIB);
  });

  it("is limited when every container is, or as a whole", () => {
    const limits = { cpu: "1" };
    expect(isLimited(pod({ containers: [container("a", {}, limits), container("b", {})] }), "cpuMillis")).to.equal(
      false,
    );
    expect(isLimited(pod({ containers: [container("a", {}, limits)] }), "cpuMillis")).to.equal(true);
    expect(isLimited(pod({ resources: { limits }, containers: [container("a", {})] }), "cpuMillis")).to.equal(true);
    expect(podTotal(pod({ resources: { limits }, containers: [container("a", {})] }), "limits").cpuMillis).to.equal(
      1000,
    );
  });

  it("scores who goes first when memory runs out", () => {
    const full = { cpu: "1", memory: "100Mi" };
    const burstable = pod({
      initContainers: [container("sidecar", {}, {}, { restartPolicy: "Always" })],
      containers: [container("a", { memory: "100Mi" }), container("b", { memory: "500Mi" })],
    });
    expect(oomScoreAdj(pod({ containers: [container("a", full, full)] }), "a", 1000 * MIB)).to.equal(-997);
    expect(oomScoreAdj(pod({ containers: [container("a", {})] }), "a", 1000 * MIB)).to.equal(1000);
    expect(oomScoreAdj(burstable, "a", 1000 * MIB)).to.equal(900);
    expect(oomScoreAdj(burstable, "b", 1000 * MIB)).to.equal(500);
    expect(oomScoreAdj(burstable, "sidecar", 1000 * MIB)).to.equal(900);
    expect(
      oomScoreAdj(pod({ priorityClassName: "system-node-critical", containers: [container("a", {})] }), "a", MIB),
    ).to.equal(-997);
  });
});
