import { expect } from "chai";
import { createPodTimes, type WatchedPod } from "./pod-watch.js";

function pod(name: string, phase: string, deletionTimestamp?: string): WatchedPod {
  return {
    metadata: { name, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) },
    status: { phase, reason: "OutOfcpu", message: "no room" },
  };
}

describe("pod times", () => {
  it("keep the first moment of each point of a pod's life", () => {
    const seen = createPodTimes();
    seen.take({ type: "ADDED", object: pod("a", "Pending") }, 10);
    seen.take({ type: "MODIFIED", object: pod("a", "Running") }, 25);
    seen.take({ type: "MODIFIED", object: pod("a", "Running") }, 30);
    seen.take({ type: "MODIFIED", object: pod("a", "Running", "now") }, 40);
    seen.take({ type: "DELETED", object: pod("a", "Succeeded", "now") }, 47);
    expect(seen.times.get("a")).to.deep.equal({ added: 10, running: 25, deleting: 40, gone: 47 });
    expect(seen.spans("added", "running")).to.deep.equal([15]);
    expect(seen.spans("deleting", "gone")).to.deep.equal([7]);
  });

  it("count only pods that got so far", () => {
    const seen = createPodTimes();
    seen.take({ type: "ADDED", object: pod("a", "Pending") }, 1);
    seen.take({ type: "ADDED", object: pod("b", "Running") }, 2);
    seen.take({ type: "BOOKMARK", object: pod("", "") }, 3);
    expect(seen.count("added")).to.equal(2);
    expect(seen.count("running")).to.equal(1);
    expect(seen.spans("added", "running")).to.deep.equal([0]);
  });

  it("say which pod failed and why, but not of a pod that was told to end", () => {
    const seen = createPodTimes();
    seen.take({ type: "MODIFIED", object: pod("ended", "Failed", "now") }, 1);
    expect(() => seen.check()).to.not.throw();
    seen.take({ type: "MODIFIED", object: pod("a", "Failed") }, 2);
    expect(() => seen.check()).to.throw("pod a failed: OutOfcpu: no room");
  });

  it("take pods that a new list does not show for gone, and keep what they knew before", () => {
    const seen = createPodTimes();
    seen.take({ type: "ADDED", object: pod("a", "Running") }, 1);
    seen.take({ type: "ADDED", object: pod("b", "Pending") }, 2);
    seen.takeAll([pod("b", "Running")], 9);
    expect(seen.times.get("a")).to.deep.equal({ added: 1, running: 1, gone: 9 });
    expect(seen.times.get("b")).to.deep.equal({ added: 2, running: 9 });
  });
});
