import {
  ContainerKind,
  LogChunk,
  OutputStream,
  PodEvent,
  PodEventType,
  PodObservation,
  PodStage,
  SandboxState,
  TerminationCause,
} from "@outboard/contract";
import { expect } from "chai";
import { fromEvent, fromLogChunk, fromObservation } from "./map.js";

/** As it comes from the wire: encoded and decoded. */
function wire(fields: Parameters<typeof PodObservation.fromPartial>[0]): PodObservation {
  return PodObservation.decode(PodObservation.encode(PodObservation.fromPartial(fields)).finish());
}

const SINCE = new Date("2026-01-02T03:04:05.678Z");

describe("an observation from the wire", () => {
  it("keeps every field", () => {
    const observation = fromObservation(
      wire({
        uid: "u",
        namespace: "ns",
        name: "web",
        epoch: "e",
        revision: 5n,
        specRevision: 6n,
        specDigest: new Uint8Array([0xab, 0xcd]),
        inputVersion: 7n,
        backendId: "b",
        stage: PodStage.STOPPING,
        sandbox: SandboxState.READY,
        podIps: ["10.0.0.1"],
        hostIps: ["10.0.0.2"],
        observedAt: SINCE,
        needsInputs: true,
        cause: TerminationCause.BACKEND_LOST,
        failure: { reason: "R", message: "m" },
        resources: { requests: new Map([["cpu", "1"]]), limits: new Map() },
        resize: { state: { $case: "error", value: { message: "no" } } },
      }),
    );
    expect(observation).to.deep.equal({
      uid: "u",
      namespace: "ns",
      name: "web",
      epoch: "e",
      revision: 5n,
      specRevision: 6n,
      specDigest: "abcd",
      inputVersion: 7n,
      backendId: "b",
      stage: "stopping",
      sandbox: "ready",
      podIPs: ["10.0.0.1"],
      hostIPs: ["10.0.0.2"],
      observedAt: "2026-01-02T03:04:05Z",
      needsInputs: true,
      containers: [],
      cause: "backend-lost",
      failure: { reason: "R", message: "m" },
      resources: { requests: { cpu: "1" }, limits: {} },
      resize: { kind: "error", message: "no" },
    });
  });

  it("keeps every field of a container", () => {
    const terminated = {
      exitCode: 137,
      signal: 9,
      reason: "OOMKilled",
      message: "m",
      since: SINCE,
      until: SINCE,
      containerId: "c0",
    };
    const [container] =
      fromObservation(
        wire({
          uid: "u",
          stage: PodStage.STARTED,
          containers: [
            {
              name: "c",
              kind: ContainerKind.SIDECAR,
              state: { $case: "running", value: { since: SINCE } },
              willRestart: true,
              lastTermination: terminated,
              restartCount: 3,
              containerId: "c1",
              image: "i",
              imageId: "i@1",
              started: true,
              ready: false,
              user: { uid: 1000n, gid: 2000n, supplementalGroups: [3n] },
              mounts: [{ name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Disabled" }],
              resources: { requests: new Map(), limits: new Map([["memory", "1Gi"]]) },
            },
          ],
        }),
      )?.containers ?? [];
    const time = "2026-01-02T03:04:05Z";
    expect(container).to.deep.equal({
      name: "c",
      kind: "sidecar",
      state: { kind: "running", since: time },
      willRestart: true,
      lastTermination: { ...terminated, since: time, until: time },
      restartCount: 3,
      containerId: "c1",
      image: "i",
      imageId: "i@1",
      started: true,
      ready: false,
      user: { uid: 1000, gid: 2000, supplementalGroups: [3] },
      mounts: [{ name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Disabled" }],
      resources: { requests: {}, limits: { memory: "1Gi" } },
    });
  });

  it("leaves out what the provider does not say, exit codes above all", () => {
    const [container] =
      fromObservation(
        wire({
          uid: "u",
          stage: PodStage.ENDED,
          containers: [{ name: "c", state: { $case: "terminated", value: { reason: "Error" } } }],
        }),
      )?.containers ?? [];
    expect(container?.state).to.deep.equal({ kind: "terminated", reason: "Error", message: "", containerId: "" });
    expect(container).to.not.have.any.keys("started", "ready", "user", "resources", "lastTermination");
  });

  it("is ignored without UID, without stage, and in a stage of a later revision", () => {
    expect(fromObservation(wire({ stage: PodStage.STARTED }))).to.equal(undefined);
    expect(fromObservation(wire({ uid: "u" }))).to.equal(undefined);
    expect(fromObservation(wire({ uid: "u", stage: 99 as PodStage }))).to.equal(undefined);
  });

  it("takes unknown numbers for what changes least", () => {
    const observation = fromObservation(
      wire({
        uid: "u",
        stage: PodStage.STARTED,
        sandbox: 99 as SandboxState,
        cause: 99 as TerminationCause,
        containers: [{ name: "c", kind: 99 as ContainerKind }],
      }),
    );
    expect(observation).to.include({ sandbox: "unknown" });
    expect(observation).to.not.have.any.keys("cause", "resize");
    expect(observation?.containers[0]).to.include({ kind: "main" });
    expect(observation?.containers[0]?.state).to.deep.equal({ kind: "unknown" });
  });

  it("knows every stage, sandbox and cause of the contract", () => {
    const numbersOf = (values: Readonly<Record<string, number>>) => Object.values(values).filter((value) => value > 0);
    for (const stage of numbersOf(PodStage)) {
      expect(fromObservation(wire({ uid: "u", stage: stage as PodStage })), `stage ${stage}`).to.not.equal(undefined);
    }
    for (const cause of numbersOf(TerminationCause)) {
      const mapped = fromObservation(wire({ uid: "u", stage: PodStage.ENDED, cause: cause as TerminationCause }));
      expect(mapped?.cause, `cause ${cause}`).to.be.a("string");
    }
    for (const sandbox of numbersOf(SandboxState)) {
      const mapped = fromObservation(wire({ uid: "u", stage: PodStage.ENDED, sandbox: sandbox as SandboxState }));
      expect(mapped?.sandbox, `sandbox ${sandbox}`).to.not.equal("unknown");
    }
  });
});

describe("an event from the wire", () => {
  it("counts at least once and is normal unless it warns", () => {
    const event = { uid: "u", seq: 4n, reason: "Pulled", container: "c", message: "m", time: SINCE };
    expect(fromEvent(PodEvent.fromPartial(event))).to.deep.equal({
      ...event,
      time: "2026-01-02T03:04:05Z",
      type: "Normal",
      count: 1,
    });
    expect(fromEvent(PodEvent.fromPartial({ type: PodEventType.WARNING, count: 3 }))).to.include({
      type: "Warning",
      count: 3,
      time: "",
    });
  });
});

describe("a piece of a log from the wire", () => {
  it("keeps nanoseconds, and takes an unknown stream for both", () => {
    const timeUnixNano = 1_767_323_045_678_901_234n;
    const chunk = { timeUnixNano, stream: OutputStream.STDERR, data: new Uint8Array([1]), partial: true };
    const mapped = fromLogChunk(LogChunk.decode(LogChunk.encode(LogChunk.fromPartial(chunk)).finish()));
    expect(mapped).to.include({ timeUnixNano, stream: "stderr", partial: true });
    expect(fromLogChunk(LogChunk.fromPartial({ stream: 99 as OutputStream }))).to.include({ stream: "merged" });
    expect(fromLogChunk(LogChunk.fromPartial({}))).to.not.have.property("timeUnixNano");
  });
});
