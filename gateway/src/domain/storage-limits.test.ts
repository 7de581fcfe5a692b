import { expect } from "chai";
import type { Pod, PodSpec } from "./kubernetes.js";
import { hasStorageLimits, storageExcess, type StorageUse } from "./storage-limits.js";

const MIB = 1_048_576n;

function podOf(spec: Partial<PodSpec>): Pod {
  const metadata = { name: "p", namespace: "ns", uid: "u", resourceVersion: "1", creationTimestamp: "" };
  return { metadata, spec: { containers: [{ name: "c" }], ...spec } };
}

function use(part: Partial<StorageUse>): StorageUse {
  return { volumes: new Map(), containers: new Map(), total: undefined, ...part };
}

/** As recorded in golden/evict-emptydir and golden/evict-ephemeral-limit. */
describe("local storage", () => {
  const limited = podOf({ volumes: [{ name: "e", emptyDir: { sizeLimit: "10Mi" } }] });
  const resources = { limits: { "ephemeral-storage": "10Mi" } };

  it("of an emptyDir volume may reach its limit, not exceed it", () => {
    expect(storageExcess(limited, use({ volumes: new Map([["e", 10n * MIB]]) }))).to.equal(undefined);
    expect(storageExcess(limited, use({ volumes: new Map([["e", 10n * MIB + 1n]]) }))).to.equal(
      'Usage of EmptyDir volume "e" exceeds the limit "10Mi". ',
    );
  });

  it("of a pod is limited by the sum of its containers' limits", () => {
    const pod = podOf({ containers: [{ name: "c", resources }] });
    expect(storageExcess(pod, use({ total: 10n * MIB + 1n }))).to.equal(
      "Pod ephemeral local storage usage exceeds the total limit of containers 10Mi. ",
    );
  });

  it("of one container is limited by its own limit", () => {
    const big = { limits: { "ephemeral-storage": "100Mi" } };
    const pod = podOf({
      containers: [
        { name: "c", resources },
        { name: "d", resources: big },
      ],
    });
    expect(storageExcess(pod, use({ containers: new Map([["c", 11n * MIB]]), total: 11n * MIB }))).to.equal(
      'Container c exceeded its local ephemeral storage limit "10Mi". ',
    );
  });

  it("is not looked at without limits, in memory, or of critical pods", () => {
    expect(hasStorageLimits(podOf({ volumes: [{ name: "e", emptyDir: {} }] }))).to.equal(false);
    expect(
      hasStorageLimits(podOf({ volumes: [{ name: "e", emptyDir: { sizeLimit: "1Mi", medium: "Memory" } }] })),
    ).to.equal(false);
    expect(hasStorageLimits(limited)).to.equal(true);
    const critical = { ...limited, spec: { ...limited.spec, priority: 2_000_000_000 } };
    expect(storageExcess(critical, use({ volumes: new Map([["e", 99n * MIB]]) }))).to.equal(undefined);
  });
});
