import { expect } from "chai";
import type { Node } from "../domain/kubernetes.js";
import { nodePatch } from "./node-patch.js";

const ready = { type: "Ready", status: "True", reason: "R", message: "m", lastHeartbeatTime: "t1" };
const disk = { type: "DiskPressure", status: "False" };

function node(status: Node["status"], labels: Record<string, string> = {}): Node {
  return {
    metadata: { name: "n", labels },
    spec: { unschedulable: true },
    ...(status === undefined ? {} : { status }),
  };
}

describe("nodePatch", () => {
  it("is undefined when nothing differs", () => {
    const status = { conditions: [ready], addresses: [{ type: "InternalIP", address: "1" }], capacity: { cpu: "1" } };
    expect(nodePatch(node(status), node(structuredClone(status)))).to.equal(undefined);
  });

  it("never sends spec", () => {
    expect(nodePatch({ spec: { unschedulable: true } }, { spec: { unschedulable: false } })).to.equal(undefined);
  });

  it("sends of a condition what differs, by its type, and deletes those that are gone", () => {
    const patch = nodePatch(
      node({ conditions: [ready, disk] }),
      node({ conditions: [{ ...ready, status: "False", lastHeartbeatTime: "t2" }] }),
    );
    expect(patch).to.deep.equal({
      status: {
        conditions: [
          { type: "Ready", status: "False", lastHeartbeatTime: "t2" },
          { $patch: "delete", type: "DiskPressure" },
        ],
      },
    });
  });

  it("replaces the addresses as a whole", () => {
    const addresses = [
      { type: "InternalIP", address: "1" },
      { type: "InternalIP", address: "2" },
    ];
    expect(nodePatch(node({ addresses: addresses.slice(0, 1) }), node({ addresses }))).to.deep.equal({
      status: { addresses: [...addresses, { $patch: "replace" }] },
    });
  });

  it("merges maps, removes with null and sends other lists whole", () => {
    const from = node({ capacity: { cpu: "1", "x/y": "1" }, images: [{ names: ["a"] }] }, { old: "1", same: "1" });
    const to = node(
      { capacity: { cpu: "2" }, images: [{ names: ["a"] }, { names: ["b"] }] },
      { same: "1", fresh: "1" },
    );
    expect(nodePatch(from, to)).to.deep.equal({
      metadata: { labels: { old: null, fresh: "1" } },
      status: { capacity: { cpu: "2", "x/y": null }, images: [{ names: ["a"] }, { names: ["b"] }] },
    });
  });
});
