import { expect } from "chai";
import type { PodManifest } from "./manifest.js";
import { podMemoryLimit } from "./pod-memory.js";

type Fields = Readonly<Record<string, unknown>>;

function limited(name: string, memory: string | undefined, fields: Fields = {}): Fields {
  return { name, resources: memory === undefined ? {} : { limits: { memory } }, ...fields };
}

function podOf(spec: Fields): PodManifest {
  return { metadata: { name: "p", namespace: "ns" }, spec: spec as PodManifest["spec"] };
}

const SIDECAR = { restartPolicy: "Always" };

describe("podMemoryLimit", () => {
  it("is the sum over what runs at once", () => {
    expect(podMemoryLimit(podOf({ containers: [limited("a", "10"), limited("b", "20")] }))).to.equal(30);
  });

  it("is what an init container needs beside the sidecars before it, where that is more", () => {
    const initContainers = [limited("s", "5", SIDECAR), limited("i", "100"), limited("t", "5", SIDECAR)];
    expect(podMemoryLimit(podOf({ initContainers, containers: [limited("a", "10")] }))).to.equal(105);
    expect(podMemoryLimit(podOf({ initContainers, containers: [limited("a", "1k")] }))).to.equal(1010);
  });

  it("is none while one container has none, whatever ephemeral ones have", () => {
    expect(podMemoryLimit(podOf({ containers: [limited("a", "10"), limited("b", undefined)] }))).to.equal(undefined);
    expect(podMemoryLimit(podOf({ containers: [limited("a", "0")] }))).to.equal(undefined);
    const ephemeralContainers = [limited("e", undefined)];
    expect(podMemoryLimit(podOf({ containers: [limited("a", "10")], ephemeralContainers }))).to.equal(10);
  });

  it("is the pod's own where it has one, with the overhead of its runtime class", () => {
    const own = { resources: { limits: { memory: "64" } }, overhead: { memory: "6" } };
    expect(podMemoryLimit(podOf({ ...own, containers: [limited("a", undefined)] }))).to.equal(70);
  });
});
