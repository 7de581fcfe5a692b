import { expect } from "chai";
import { goldenCases, goldenLines } from "./golden.test.js";
import { podStatusPatch } from "./status-diff.js";

describe("podStatusPatch", () => {
  it("is nothing when nothing differs, nulls and the order of keys aside", () => {
    const api = { phase: "Running", conditions: [{ status: "True", type: "Ready", lastProbeTime: null }] };
    const own = { conditions: [{ type: "Ready", status: "True" }], phase: "Running" };
    expect(podStatusPatch(api as never, own)).to.equal(undefined);
  });

  it("finds no difference between what a real kubelet wrote and itself", () => {
    for (const name of goldenCases()) {
      for (const { status } of goldenLines(name))
        expect(podStatusPatch(status, structuredClone(status))).to.equal(undefined);
    }
  });

  it("removes reason and message that are over", () => {
    const patch = podStatusPatch({ phase: "Pending", reason: "r", message: "m" }, { phase: "Running" });
    expect(patch).to.deep.equal({ status: { phase: "Running", message: null, reason: null } });
  });

  it("repairs a condition of ours, clearing what it no longer says", () => {
    const from = { conditions: [{ type: "Ready", status: "False", reason: "Hacked", message: "by hand" }] };
    const to = { conditions: [{ type: "Ready", status: "True" }] };
    expect(podStatusPatch(from, to)?.status["conditions"]).to.deep.equal([
      { type: "Ready", status: "True", reason: null, message: null },
    ]);
  });

  it("leaves foreign conditions alone and removes ours that are over", () => {
    const from = {
      conditions: [
        { type: "example.com/a", status: "True" },
        { type: "PodResizePending", status: "True" },
      ],
    };
    expect(podStatusPatch(from, { conditions: [] })?.status["conditions"]).to.deep.equal([
      { $patch: "delete", type: "PodResizePending" },
    ]);
  });

  it("deletes an address that is no longer there, since addresses are their own key", () => {
    const patch = podStatusPatch({ podIPs: [{ ip: "10.0.0.1" }] }, { podIPs: [{ ip: "10.0.0.2" }] });
    expect(patch).to.deep.equal({
      status: {
        "$setElementOrder/podIPs": [{ ip: "10.0.0.2" }],
        podIPs: [{ ip: "10.0.0.2" }, { $patch: "delete", ip: "10.0.0.1" }],
      },
    });
  });

  it("sends container lists whole and resources by name", () => {
    const one = { name: "a", image: "i", imageID: "", ready: false, restartCount: 0 };
    const patch = podStatusPatch(
      { containerStatuses: [one], resources: { limits: { cpu: "1", memory: "1Gi" } } },
      { containerStatuses: [{ ...one, ready: true }], resources: { limits: { cpu: "2" } } },
    );
    expect(patch).to.deep.equal({
      status: { containerStatuses: [{ ...one, ready: true }], resources: { limits: { cpu: "2", memory: null } } },
    });
  });

  it("touches nothing that others own", () => {
    const from = { nominatedNodeName: "n", resourceClaimStatuses: [{ name: "r" }] };
    expect(podStatusPatch(from, {})).to.equal(undefined);
  });
});
