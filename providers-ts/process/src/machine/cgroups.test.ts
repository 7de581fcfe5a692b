import { expect } from "chai";
import { limitFiles } from "./cgroups.js";
import { toLimits } from "../runtime/start-order.js";

const NONE = { memoryBytes: undefined, cpuMillis: undefined, cpuRequestMillis: undefined };

describe("limitFiles", () => {
  it("spells limits for v1, and takes old ones back", () => {
    const parent = { kind: "v1", controllers: ["memory", "cpu"], folder: "/f" } as const;
    expect(limitFiles(parent, { memoryBytes: 1024, cpuMillis: 250, cpuRequestMillis: 500 })).to.deep.equal([
      ["memory.limit_in_bytes", "1024"],
      ["cpu.cfs_quota_us", "25000"],
      ["cpu.shares", "512"],
    ]);
    expect(limitFiles(parent, NONE)).to.deep.equal([
      ["memory.limit_in_bytes", "-1"],
      ["cpu.cfs_quota_us", "-1"],
      ["cpu.shares", "2"],
    ]);
  });

  it("spells limits for v2", () => {
    const parent = { kind: "v2", controllers: ["memory", "cpu"], folder: "/f" } as const;
    expect(limitFiles(parent, { memoryBytes: 1024, cpuMillis: 250, cpuRequestMillis: 1000 })).to.deep.equal([
      ["memory.max", "1024"],
      ["cpu.max", "25000 100000"],
      ["cpu.weight", "39"],
    ]);
    expect(limitFiles(parent, NONE)[0]).to.deep.equal(["memory.max", "max"]);
  });

  it("writes nothing for controllers that are not there", () => {
    expect(limitFiles({ kind: "v2", controllers: [], folder: "/f" }, { ...NONE, memoryBytes: 1 })).to.deep.equal([]);
  });
});

describe("toLimits", () => {
  it("reads the contract's spelling", () => {
    const resources = {
      requests: new Map([["cpu", "100m"]]),
      limits: new Map([
        ["cpu", "2"],
        ["memory", "1048576"],
      ]),
    };
    expect(toLimits(resources)).to.deep.equal({ memoryBytes: 1_048_576, cpuMillis: 2000, cpuRequestMillis: 100 });
  });
});
