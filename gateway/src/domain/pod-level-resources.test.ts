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
});
