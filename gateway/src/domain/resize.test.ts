import { expect } from "chai";
import type { Pod, PodStatus } from "./kubernetes.js";
import { heldBy } from "./node-use.test.js";
import { podWith } from "./pod.test.js";
import { decideResize, type ResizeInput, withResourcesOf, withResourcesOfStatus } from "./resize.js";

const asking = (cpu: string, uid = "u-1", status?: PodStatus): Pod =>
  podWith(
    { containers: [{ name: "c", image: "i:1", resources: { requests: { cpu } } }] },
    { uid, generation: 2 },
    status,
  );

function decide(desired: string, change: Partial<ResizeInput> = {}) {
  const allocatable = { cpu: "2", memory: "1Gi", pods: "10" };
  return decideResize({
    desired: asking(desired),
    allocated: asking("1"),
    used: heldBy(),
    allocatable,
    supported: true,
    ...change,
  });
}

describe("decideResize", () => {
  it("has nothing to do while the pod wants what it has", () => {
    expect(decide("1")).to.deep.equal({ kind: "none" });
  });

  it("allocates what fits", () => {
    expect(decide("1500m")).to.deep.equal({ kind: "allocate" });
  });

  it("defers what others stand in the way of", () => {
    const decision = decide("1500m", { used: heldBy(asking("1", "u-2")) });
    expect(decision).to.deep.equal({
      kind: "pending",
      pending: {
        reason: "Deferred",
        lack: "OutOfcpu",
        message: "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
        observedGeneration: 2,
      },
    });
  });

  it("calls infeasible what the node can never give, and what the provider cannot do", () => {
    const tooBig = decide("3");
    expect(tooBig.kind === "pending" && tooBig.pending.reason).to.equal("Infeasible");
    const unable = decide("1500m", { supported: false });
    expect(unable.kind === "pending" && unable.pending.reason).to.equal("Infeasible");
  });
});

describe("allocated resources", () => {
  it("stand in for the desired ones", () => {
    expect(withResourcesOf(asking("2"), asking("1")).spec).to.deep.equal(asking("1").spec);
  });

  it("can be read from the status that an earlier process wrote", () => {
    const status = {
      containerStatuses: [
        {
          name: "c",
          image: "i:1",
          imageID: "x",
          ready: true,
          restartCount: 0,
          allocatedResources: { cpu: "1" },
          resources: { requests: { cpu: "1" } },
        },
      ],
    };
    expect(withResourcesOfStatus(asking("2", "u-1", status)).spec.containers).to.deep.equal(
      asking("1").spec.containers,
    );
    expect(withResourcesOfStatus(asking("2")).spec).to.deep.equal(asking("2").spec);
  });
});
