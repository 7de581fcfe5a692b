import { expect } from "chai";
import type { Pod } from "../../domain/kubernetes.js";
import { LeanPods } from "./lean-pods.js";

function podOf(name: string, change: (pod: Record<string, Record<string, unknown>>) => void = () => {}): Pod {
  const pod = {
    metadata: { name, namespace: "ns", uid: `uid-of-${name}`, resourceVersion: "1", labels: { app: "a" } },
    spec: { containers: [{ name: "main", image: "example.test/image:1" }], tolerations: [{ key: "some-key" }] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
  change(pod);
  return JSON.parse(JSON.stringify(pod)) as Pod;
}

describe("lean pods", () => {
  it("share what is equal with the last pod of the same owner, and are the same as before", () => {
    const lean = new LeanPods();
    const one = lean.pod(podOf("one"), undefined);
    const two = lean.pod(podOf("two"), undefined);
    expect(two).to.deep.equal(podOf("two"));
    expect(two.spec.containers).to.equal(one.spec.containers);
    expect(two.metadata.labels).to.equal(one.metadata.labels);
    expect(two.status).to.equal(one.status);
  });

  it("have a spec of their own all the same, by which things are remembered", () => {
    const lean = new LeanPods();
    const one = lean.pod(podOf("one"), undefined);
    const two = lean.pod(podOf("two"), undefined);
    expect(two.spec).to.not.equal(one.spec);
    const later = lean.pod(
      podOf("two", ({ status }) => Object.assign(status ?? {}, { phase: "Failed" })),
      two,
    );
    expect(later.spec).to.equal(two.spec);
    expect(later.status?.phase).to.equal("Failed");
    expect(later.status?.conditions).to.equal(two.status?.conditions);
  });

  it("get another spec when it has changed", () => {
    const lean = new LeanPods();
    const before = lean.pod(podOf("one"), undefined);
    const image = [{ name: "main", image: "example.test/image:2" }];
    const after = lean.pod(
      podOf("one", ({ spec }) => Object.assign(spec ?? {}, { containers: image })),
      before,
    );
    expect(after.spec).to.not.equal(before.spec);
    expect(after.spec.containers).to.deep.equal(image);
    expect(after.spec.tolerations).to.equal(before.spec.tolerations);
  });

  it("of other owners share nothing", () => {
    const owned = (uid: string) => (pod: Record<string, Record<string, unknown>>) =>
      Object.assign(pod["metadata"] ?? {}, { ownerReferences: [{ uid }] });
    const lean = new LeanPods();
    const one = lean.pod(podOf("one", owned("a")), undefined);
    expect(lean.pod(podOf("two", owned("b")), undefined).spec.containers).to.not.equal(one.spec.containers);
  });
});
