import { expect } from "chai";
import { addRequests, classOf, perPod } from "./requests.js";

const phases = [
  { requests: { "patch pods/status": 12, "create events": 40, "update leases": 2, "watch pods": 1 } },
  { requests: { "delete pods": 10, "patch pods/status": 10, "patch events": 5, "list secrets": 1 } },
];

describe("requests per pod", () => {
  it("are those about pods: no events, no heartbeat of the node, no lists and watches", () => {
    expect(perPod(phases, 10)).to.equal(3.2);
    expect(perPod(phases, 10, "events")).to.equal(4.5);
    expect(perPod(phases, 10, "node")).to.equal(0.4);
  });

  it("are added up over phases, the most frequent first", () => {
    expect([...addRequests(phases)].slice(0, 2)).to.deep.equal([
      ["create events", 40],
      ["patch pods/status", 22],
    ]);
  });

  for (const [what, kind] of [
    ["get pods", "pods"],
    ["create serviceaccounts/token", "pods"],
    ["patch nodes/status", "node"],
    ["get /healthz", "node"],
    ["get configmaps", "pods"],
  ] as const) {
    it(`count "${what}" as of the ${kind}`, () => expect(classOf(what)).to.equal(kind));
  }
});
