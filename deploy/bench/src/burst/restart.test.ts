import { expect } from "chai";
import { compare, type RestartedPod } from "./restart.js";

function pods(...list: readonly RestartedPod[]): ReadonlyMap<string, RestartedPod> {
  return new Map(list.map((pod) => [pod.metadata.uid ?? "", pod]));
}

function pod(uid: string, resourceVersion: string, startedAt: string): RestartedPod {
  const containerStatuses = [{ containerID: `memory://${uid}`, restartCount: 0, state: { running: { startedAt } } }];
  return { metadata: { name: uid, uid, resourceVersion }, status: { containerStatuses } };
}

describe("pods before and after a restart", () => {
  it("are the same when nothing was written", () => {
    const before = pods(pod("a", "1", "t"), pod("b", "2", "t"));
    expect(compare(before, before)).to.deep.equal({ recreated: 0, rewritten: 0 });
  });

  it("were rewritten when only their version is new, and created anew when a container started later or is gone", () => {
    const before = pods(pod("a", "1", "t"), pod("b", "2", "t"), pod("c", "3", "t"), pod("d", "4", "t"));
    const after = pods(pod("a", "9", "t"), pod("b", "9", "later"), pod("d", "4", "t"), pod("new", "10", "later"));
    expect(compare(before, after)).to.deep.equal({ recreated: 2, rewritten: 3 });
  });
});
