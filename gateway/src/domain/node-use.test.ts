import { expect } from "chai";
import type { Pod, PodStatus } from "./kubernetes.js";
import { NodeLedger, type NodeUse } from "./node-use.js";
import { podWith } from "./pod.test.js";

/** What these pods hold. */
export function heldBy(...pods: readonly Pod[]): NodeUse {
  const ledger = new NodeLedger();
  for (const pod of pods) ledger.set(pod.metadata.uid, pod);
  return ledger.without("nobody");
}

describe("NodeLedger", () => {
  const pod = (uid: string, cpu: string, status?: PodStatus, hostPort = 0): Pod =>
    podWith(
      {
        containers: [
          { name: "c", image: "i:1", resources: { requests: { cpu } }, ports: [{ containerPort: 80, hostPort }] },
        ],
      },
      { uid },
      status,
    );

  it("sums what pods request, in thousandths of a core", () => {
    const use = heldBy(pod("a", "500m"), pod("b", "2"));
    expect([use.pods, use.requested("cpu"), use.requested("memory")]).to.deep.equal([2, 2_500n, 0n]);
  });

  it("leaves out the pod that is looked at, which it may not know", () => {
    const ledger = new NodeLedger();
    ledger.set("a", pod("a", "1", undefined, 8080));
    ledger.set("b", pod("b", "2", undefined, 9090));
    const [own, foreign] = [ledger.without("a"), ledger.without("c")];
    expect([own.pods, own.requested("cpu"), own.hostPorts.map(({ port }) => port)]).to.deep.equal([1, 2_000n, [9090]]);
    expect([foreign.pods, foreign.requested("cpu"), foreign.hostPorts.length]).to.deep.equal([2, 3_000n, 2]);
  });

  it("takes a pod's newest state in place of the one before, and nothing of one that has ended or is gone", () => {
    const ledger = new NodeLedger();
    ledger.set("a", pod("a", "1", undefined, 8080));
    ledger.set("a", pod("a", "3"));
    expect(ledger.without("-").requested("cpu")).to.equal(3_000n);
    expect(ledger.without("-").hostPorts).to.have.length(0);
    ledger.set("a", pod("a", "3", { phase: "Succeeded" }));
    expect([ledger.without("-").pods, ledger.without("-").requested("cpu")]).to.deep.equal([0, 0n]);
    ledger.set("b", pod("b", "1"));
    ledger.set("b", undefined);
    expect(ledger.without("-").pods).to.equal(0);
  });
});
