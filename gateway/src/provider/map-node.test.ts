import {
  CAPABILITIES,
  type Capability,
  ConditionStatus,
  type Feature,
  FeatureLevel,
  featureOf,
  GetNodeResponse,
  HandshakeResponse,
  ProviderState,
} from "@outboard/contract";
import { expect } from "chai";
import { deadlinesOf } from "./connection.js";
import { fromHandshake, fromNode } from "./map-node.js";

function hello(fields: Parameters<typeof HandshakeResponse.fromPartial>[0]) {
  return fromHandshake(
    HandshakeResponse.decode(HandshakeResponse.encode(HandshakeResponse.fromPartial(fields)).finish()),
  );
}

function node(fields: Parameters<typeof GetNodeResponse.fromPartial>[0]) {
  return fromNode(GetNodeResponse.decode(GetNodeResponse.encode(GetNodeResponse.fromPartial(fields)).finish()));
}

const POD_IP = featureOf("pod_ip")?.number as Feature;

describe("the answer of a handshake", () => {
  it("gives every limit that has a default its default", () => {
    expect(hello({}).limits).to.deep.equal({
      maxMessageBytes: 4 * 1024 * 1024,
      maxParallelCreates: 16,
      maxStreams: 64,
    });
  });

  it("keeps the limits that the provider states, and creates at least one pod at a time", () => {
    const { limits } = hello({
      limits: {
        maxMessageBytes: 5_000_000,
        maxParallelCreates: 0,
        maxStreams: 8,
        maxGraceSeconds: 0,
        maxContainers: 1,
        maxEnvBytes: 4096,
        staticTokenTtlSeconds: 86_400,
      },
    });
    expect(limits).to.deep.equal({
      maxMessageBytes: 5_000_000,
      maxParallelCreates: 1,
      maxStreams: 8,
      maxGraceSeconds: 0,
      maxContainers: 1,
      maxEnvBytes: 4096,
      staticTokenTtlSeconds: 86_400,
    });
  });

  it("names capabilities and features by id", () => {
    const info = hello({
      capabilities: CAPABILITIES.map(({ number }) => number as Capability),
      features: [
        {
          feature: POD_IP,
          level: FeatureLevel.LIMITED,
          text: "made up",
          bounds: [{ path: "spec", min: 0, allowed: ["a"] }],
        },
      ],
    });
    expect([...info.capabilities]).to.deep.equal(CAPABILITIES.map(({ id }) => id));
    expect([...info.features]).to.deep.equal([
      [
        "pod_ip",
        { id: "pod_ip", level: "limited", text: "made up", bounds: [{ path: "spec", min: 0, allowed: ["a"] }] },
      ],
    ]);
  });

  it("leaves out capabilities, features and levels of later revisions", () => {
    const info = hello({
      capabilities: [9999 as Capability],
      features: [
        { feature: 9999 as Feature, level: FeatureLevel.HONOURED },
        { feature: POD_IP, level: 99 as FeatureLevel },
      ],
    });
    expect(info.capabilities.size).to.equal(0);
    expect(info.features.size).to.equal(0);
  });
});

describe("deadlines of calls", () => {
  it("are the contract's, but for those that the provider suggests", () => {
    expect(deadlinesOf(undefined)).to.deep.equal({
      getNode: 3_000,
      createPod: 30_000,
      stopPod: 30_000,
      updatePod: 30_000,
      updateInputs: 30_000,
      releasePod: 10_000,
      getPod: 10_000,
      getStats: 10_000,
    });
    expect(deadlinesOf({ createPodMs: 120_000, getPodMs: 0 })).to.include({ createPod: 120_000, getPod: 10_000 });
  });
});

describe("the answer of GetNode", () => {
  it("is valid for 60 s unless it says otherwise, and never for less than 15 s", () => {
    expect(node({}).validForMs).to.equal(60_000);
    expect(node({ validForSeconds: 3 }).validForMs).to.equal(15_000);
    expect(node({ validForSeconds: 90 }).validForMs).to.equal(90_000);
  });

  it("takes an unknown state for starting, and knows the others", () => {
    expect(node({ state: 99 as ProviderState }).state).to.equal("starting");
    const states = [ProviderState.STARTING, ProviderState.READY, ProviderState.DEGRADED, ProviderState.BROKEN];
    expect(states.map((state) => node({ state }).state)).to.deep.equal(["starting", "ready", "degraded", "broken"]);
  });

  it("has no facts when the provider has none, so that the last ones are kept", () => {
    expect(node({ reason: "R", message: "m" })).to.not.have.property("facts");
  });

  it("keeps every fact", () => {
    const { facts } = node({
      node: {
        capacity: new Map([["cpu", "4"]]),
        allocatable: new Map([["cpu", "3"]]),
        conditions: [
          { type: "DiskPressure", status: ConditionStatus.TRUE, reason: "R", message: "m" },
          { type: "Odd", status: 99 as ConditionStatus, reason: "", message: "" },
        ],
        addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
        labels: new Map([["a", "b"]]),
        taints: [{ key: "k", value: "v", effect: "NoSchedule" }],
        operatingSystem: "windows",
        architecture: "arm64",
        containerRuntimeName: "crt",
        containerRuntimeVersion: "1",
        runtimeHandlers: [{ name: "runc", userNamespaces: true }],
        supplementalGroupsPolicy: true,
        images: [{ names: ["i"], sizeBytes: 5n }],
        kernelVersion: "6",
        osImage: "os",
        dns: { servers: ["10.0.0.53"], searches: ["example.test"], options: ["ndots:2"] },
      },
    });
    expect(facts).to.deep.equal({
      capacity: { cpu: "4" },
      allocatable: { cpu: "3" },
      conditions: [
        { type: "DiskPressure", status: "True", reason: "R", message: "m" },
        { type: "Odd", status: "Unknown", reason: "", message: "" },
      ],
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      labels: { a: "b" },
      taints: [{ key: "k", value: "v", effect: "NoSchedule" }],
      operatingSystem: "windows",
      architecture: "arm64",
      runtimeName: "crt",
      runtimeVersion: "1",
      runtimeHandlers: [{ name: "runc", userNamespaces: true }],
      supplementalGroupsPolicy: true,
      images: [{ names: ["i"], sizeBytes: 5 }],
      kernelVersion: "6",
      osImage: "os",
      dns: { servers: ["10.0.0.53"], searches: ["example.test"], options: ["ndots:2"] },
    });
  });

  it("takes capacity for allocatable and linux for no operating system", () => {
    const { facts } = node({ node: { capacity: new Map([["cpu", "4"]]) } });
    expect(facts).to.deep.include({ allocatable: { cpu: "4" }, operatingSystem: "linux" });
  });
});
