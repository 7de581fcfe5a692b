import { expect } from "chai";
import { diskSize, KUBELET_HOLDS_BACK, nodeResources, parseKeptFree } from "./node-resources.js";

const MACHINE = { cpuMillis: 4000, memoryBytes: 25_276_510_208, storageBytes: 1_081_101_176_832, maxPods: 110 };

describe("nodeResources", () => {
  it("holds back what a kubelet does", () => {
    const { capacity, allocatable } = nodeResources(MACHINE, KUBELET_HOLDS_BACK);
    expect(Object.fromEntries(capacity)).to.deep.equal({
      cpu: "4",
      memory: "24684092Ki",
      "ephemeral-storage": "1055762868Ki",
      pods: "110",
    });
    expect(Object.fromEntries(allocatable)).to.deep.equal({
      cpu: "4",
      memory: "24581692Ki",
      "ephemeral-storage": "972991057538",
      pods: "110",
    });
  });

  it("takes what is reserved from that too, down to nothing", () => {
    const held = { ...KUBELET_HOLDS_BACK, cpuMillis: 500, memoryBytes: 2 ** 40 };
    const { allocatable } = nodeResources(MACHINE, held);
    expect([allocatable.get("cpu"), allocatable.get("memory")]).to.deep.equal(["3500m", "0"]);
  });

  it("offers no disk whose size it does not know", () => {
    const { capacity, allocatable } = nodeResources({ ...MACHINE, storageBytes: undefined }, KUBELET_HOLDS_BACK);
    expect([capacity, allocatable].map((map) => map.has("ephemeral-storage"))).to.deep.equal([false, false]);
  });
});

describe("parseKeptFree", () => {
  it("reads quantities and percentages", () => {
    expect(parseKeptFree("100Mi")).to.deep.equal({ kind: "bytes", bytes: 104_857_600 });
    expect(parseKeptFree("10%")).to.deep.equal({ kind: "share", share: 0.1 });
    expect(["much", "101%", "-1", "%"].map(parseKeptFree)).to.deep.equal(Array(4).fill(undefined));
  });
});

describe("diskSize", () => {
  it("is the file system's; none of a folder that is not there", () => {
    expect(diskSize("/")).to.be.above(0);
    expect(diskSize("/no/such/folder")).to.equal(undefined);
  });
});
