import { expect } from "chai";
import type { PodSpec } from "../../domain/kubernetes.js";
import { FakeInputs } from "../testing/fake-inputs.js";
import { type ControlWorld, startControlWorld } from "../testing/world.js";

const SPEC: Partial<PodSpec> = {
  containers: [
    { name: "c", image: "i", env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "m", key: "a" } } }] },
  ],
};

function told({ events }: ControlWorld, reason: string): readonly (string | undefined)[] {
  return events.filter((event) => event.reason === reason).map(({ occurrence }) => occurrence);
}

describe("a warning of what stays so for a pod's life", () => {
  it("is told when the pod is created and not by the gateway that follows, though its inputs are read again", async () => {
    const inputs = new FakeInputs();
    inputs.set("m", { a: "1" });
    await using first = startControlWorld({ inputs, clusterDNS: [] });
    first.openSession();
    const { uid } = first.api.create("p", SPEC).metadata;
    await first.settle();
    first.provider.run(uid);
    await first.settle();
    expect(told(first, "MissingClusterDNS")).to.have.length(1);
    await using second = startControlWorld({ api: first.api, backend: first.provider, inputs, clusterDNS: [] });
    second.openSession({ instanceId: "one" });
    inputs.set("m", { a: "2" });
    await second.clock.advance(5_000);
    expect(second.provider.named("updateInputs"), "inputs sent again").to.have.length(1);
    expect(told(second, "MissingClusterDNS")).to.deep.equal([]);
  });

  it("is the same event where the pod must be created again or its inputs are judged again", async () => {
    const inputs = new FakeInputs();
    inputs.set("m", {});
    await using first = startControlWorld({ inputs, clusterDNS: [] });
    first.openSession();
    const { uid } = first.api.create("p", SPEC).metadata;
    await first.settle();
    await using second = startControlWorld({ api: first.api, backend: first.provider, inputs, clusterDNS: [] });
    second.provider.set(uid, { needsInputs: true });
    second.openSession({ instanceId: "two" });
    await second.settle();
    for (const reason of ["MissingClusterDNS", "Failed"]) {
      expect(told(first, reason), reason).to.have.length(1);
      expect(told(second, reason), reason).to.deep.equal(told(first, reason));
      expect(told(first, reason)[0], reason).to.be.a("string");
    }
  });
});
