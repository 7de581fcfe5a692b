import { expect } from "chai";
import { podLevelResources } from "./pod-level-resources.js";

describe("resources of a pod as a whole in its status", () => {
  const spec = (memory: string) => ({ resources: { limits: { memory }, requests: { memory } }, containers: [] });

  it("are those in force until a resize has ended", () => {
    const during = podLevelResources(spec("10Ki"), {}, { running: true, before: spec("30Mi") });
    expect(during).to.deep.equal({
      allocatedResources: { memory: "10Ki" },
      resources: { limits: { memory: "30Mi" }, requests: { memory: "30Mi" } },
    });
    const after = podLevelResources(spec("10Ki"), {}, { running: true });
    expect(after.resources).to.deep.equal({ limits: { memory: "10Ki" }, requests: { memory: "10Ki" } });
  });

  it("are, in a running pod, what its group is given: no limit unless all containers have one", () => {
    const limited = { name: "c", resources: { limits: { memory: "32Mi" }, requests: { memory: "32Mi" } } };
    const spec = { containers: [limited], initContainers: [{ name: "i" }] };
    const memory = { memory: "32Mi" };
    expect(podLevelResources(spec, {}, { running: false }).resources).to.deep.equal({
      limits: memory,
      requests: memory,
    });
    expect(podLevelResources(spec, {}, { running: true }).resources).to.deep.equal({ requests: memory });
    const alone = podLevelResources({ containers: [limited] }, {}, { running: true });
    expect(alone.resources).to.deep.equal({ limits: memory, requests: memory });
  });

  it("show no share of a CPU that the kernel cannot tell from none, nor one that only the overhead asks for", () => {
    const overhead = { cpu: "10m", memory: "8Mi" };
    const idle = podLevelResources({ containers: [{ name: "c" }], overhead }, {}, { running: true });
    expect(idle.resources).to.deep.equal({ requests: { memory: "8Mi" } });
    const resources = { limits: { cpu: "10m" }, requests: { cpu: "2m" } };
    expect(
      podLevelResources({ containers: [{ name: "c", resources }] }, {}, { running: true }).resources,
    ).to.deep.equal({});
  });
});
