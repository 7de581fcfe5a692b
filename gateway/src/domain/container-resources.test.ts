import { expect } from "chai";
import { actualResources } from "./container-resources.js";
import { containerWith } from "./pod.test.js";

describe("actualResources", () => {
  const allocated = { limits: { cpu: "200m", memory: "16Mi" }, requests: { cpu: "100m", memory: "8Mi" } };

  it("shows what is in force, memory in binary units, in the allocated spelling where that is the same", () => {
    const resources = { limits: { cpu: "200m", memory: "67108864" }, requests: { cpu: "0.1", memory: "8388608" } };
    expect(actualResources(allocated, containerWith({ resources }))).to.deep.equal({
      limits: { cpu: "200m", memory: "64Mi" },
      requests: { cpu: "100m", memory: "8Mi" },
    });
  });
});
