import { expect } from "chai";
import type { PodSpec } from "./kubernetes.js";
import { podLimits, podRequests } from "./pod-resources.js";

const container = (name: string, cpu: string, more: object = {}) => ({
  name,
  image: "i",
  resources: { requests: { cpu } },
  ...more,
});

describe("podRequests", () => {
  const cases: readonly (readonly [string, PodSpec, string])[] = [
    ["sums containers", { containers: [container("a", "100m"), container("b", "200m")] }, "300m"],
    [
      "takes a larger init container",
      { initContainers: [container("i", "1")], containers: [container("a", "100m")] },
      "1",
    ],
    [
      "adds sidecars to both",
      {
        initContainers: [container("s", "100m", { restartPolicy: "Always" }), container("i", "300m")],
        containers: [container("a", "200m")],
      },
      "400m",
    ],
    ["adds the overhead", { overhead: { cpu: "50m" }, containers: [container("a", "100m")] }, "150m"],
    ["lets the pod level win", { resources: { requests: { cpu: "2" } }, containers: [container("a", "100m")] }, "2"],
  ];
  for (const [name, spec, cpu] of cases) {
    it(name, () => {
      expect(podRequests(spec)["cpu"]).to.equal(cpu);
    });
  }

  it("adds overhead only to limits that are set", () => {
    const spec = {
      overhead: { cpu: "50m", memory: "1Mi" },
      containers: [{ name: "a", resources: { limits: { cpu: "1" } } }],
    };
    expect(podLimits(spec)).to.deep.equal({ cpu: "1050m" });
  });
});
