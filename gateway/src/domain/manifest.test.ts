import { expect } from "chai";
import { goldenPod } from "./golden.test.js";
import type { Pod } from "./kubernetes.js";
import { changeKinds, encodeManifest, manifestDigest } from "./manifest.js";
import { podWith } from "./pod.test.js";

const decode = (pod: Pod): Record<string, Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(encodeManifest(pod))) as Record<string, Record<string, unknown>>;

describe("encodeManifest", () => {
  it("sends the API object as it is, without what only the API server keeps", () => {
    const pod = goldenPod("vol-all");
    const { kind, apiVersion, metadata, spec, status } = decode(pod);
    expect({ kind, apiVersion, status }).to.deep.equal({ kind: "Pod", apiVersion: "v1", status: undefined });
    expect(spec).to.deep.equal(pod.spec);
    expect(Object.keys(metadata ?? {})).to.have.members([
      "name",
      "namespace",
      "uid",
      "creationTimestamp",
      "labels",
      "annotations",
    ]);
  });

  it("has one digest for a pod whose status, revision or deletion alone changed", () => {
    const digest = (pod: Pod): string => manifestDigest(encodeManifest(pod));
    const pod = podWith();
    const later = podWith(
      {},
      { resourceVersion: "9", generation: 2, deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 },
      { phase: "Running" },
    );
    expect(digest(later)).to.equal(digest(pod));
    expect(digest(podWith({}, { labels: { a: "b" } }))).not.to.equal(digest(pod));
    expect(digest(pod)).to.match(/^[0-9a-f]{64}$/);
  });
});

describe("changeKinds", () => {
  const cases: readonly (readonly [string, Pod, readonly string[]])[] = [
    ["nothing", podWith(), []],
    ["an image", podWith({ containers: [{ name: "c", image: "example.test/app:2" }] }), ["image"]],
    ["a label", podWith({}, { labels: { a: "b" } }), ["metadata"]],
    ["a finalizer", podWith({}, { finalizers: ["example.com/f"] }), ["metadata"]],
    [
      "a limit",
      podWith({ containers: [{ name: "c", image: "example.test/app:1", resources: { limits: { cpu: "1" } } }] }),
      ["resources"],
    ],
    [
      "an ephemeral container",
      podWith({ ephemeralContainers: [{ name: "e", image: "i:1" }] }),
      ["ephemeral_containers"],
    ],
    ["a toleration", podWith({ tolerations: [{ operator: "Exists" }] }), ["tolerations"]],
    ["the grace", podWith({ terminationGracePeriodSeconds: 1 }), ["grace"]],
    ["the deadline", podWith({ activeDeadlineSeconds: 9 }), ["deadline"]],
    ["something of no kind", podWith({ schedulerName: "other" }), []],
    ["the status alone", podWith({}, {}, { phase: "Running" }), []],
  ];
  for (const [what, pod, kinds] of cases) {
    it(`sees ${what}`, () => {
      expect(changeKinds(podWith(), pod)).to.deep.equal(kinds);
    });
  }
});
