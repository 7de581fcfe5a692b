import { expect } from "chai";
import type { Pod } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import { PodTable } from "./table.js";

function pod(uid: string, resourceVersion = "1", more: Partial<Pod["metadata"]> = {}): Pod {
  const metadata = { name: uid, namespace: "n", uid, resourceVersion, creationTimestamp: "", ...more };
  return { metadata, spec: { containers: [] }, status: {} };
}

function observation(uid: string, revision: bigint, more: Partial<PodObservation> = {}): PodObservation {
  return { uid, revision, epoch: "e", stage: "started", containers: [], ...more } as PodObservation;
}

function snapshot(uids: readonly string[], more = {}) {
  return { uids: new Set(uids), complete: true, openedAt: 100, epochChanged: false, ...more };
}

describe("PodTable", () => {
  function setup() {
    const changed: string[] = [];
    const table = new PodTable((uid) => changed.push(uid));
    return { table, changed };
  }

  it("keeps the newest API object and drops late echoes", () => {
    const { table } = setup();
    table.setApi(pod("a", "7"));
    table.setApi(pod("a", "5"));
    expect(table.get("a")?.api?.metadata.resourceVersion).to.equal("7");
    table.setApi(pod("a", "10"));
    expect(table.get("a")?.api?.metadata.resourceVersion).to.equal("10");
  });

  it("never takes a pod back that was seen to be gone", () => {
    const { table } = setup();
    table.setApi(pod("a", "7"));
    table.takeApi({ kind: "gone", pod: pod("a", "8") });
    table.setApi(pod("a", "9"));
    expect(table.get("a")?.api).to.equal(undefined);
    expect(table.get("a")?.goneConfirmed).to.equal(true);
  });

  it("takes what a list lacks for gone, but not for certain", () => {
    const { table } = setup();
    table.takeApi({ kind: "list", pods: [pod("a"), pod("b")] });
    table.takeApi({ kind: "list", pods: [pod("b", "2")] });
    expect(table.get("a")?.api).to.equal(undefined);
    expect(table.get("a")?.goneConfirmed).to.equal(false);
    expect(table.get("b")?.api).not.to.equal(undefined);
  });

  it("leaves mirror pods to others", () => {
    const { table } = setup();
    table.setApi(pod("a", "1", { annotations: { "kubernetes.io/config.mirror": "x" } }));
    expect(table.get("a")).to.equal(undefined);
  });

  it("knows pods that an earlier process acknowledged by their start time", () => {
    const { table } = setup();
    table.setApi({ ...pod("old"), status: { startTime: "2026-01-01T00:00:00Z" } });
    table.setApi(pod("new"));
    expect(table.get("old")?.acknowledgedBefore).to.equal(true);
    expect(table.get("new")?.acknowledgedBefore).to.equal(false);
  });

  it("knows pods that an earlier process created by their observation, even if a new epoch takes that back at once", () => {
    const { table } = setup();
    table.setApi(pod("a"));
    table.takeObservation(observation("a", 1n));
    table.takeSnapshot(snapshot([], { complete: false, epochChanged: true }));
    expect(table.get("a")).to.deep.include({ acknowledgedBefore: true, observation: undefined, pending: [] });
  });

  it("drops observations that are not newer in their epoch, and takes any of a new epoch", () => {
    const { table } = setup();
    table.takeObservation(observation("a", 5n));
    table.takeObservation(observation("a", 5n));
    table.takeObservation(observation("a", 4n));
    expect(table.get("a")?.pending.map(({ revision }) => revision)).to.deep.equal([5n]);
    table.takeObservation(observation("a", 1n, { epoch: "f" }));
    expect(table.get("a")?.pending.at(-1)).to.include({ epoch: "f", revision: 1n });
  });

  it("keeps every end of an instance in order, at most 16, the newest never lost", () => {
    const { table } = setup();
    const ended = (revision: bigint, restartCount: number) => {
      const state = { kind: "terminated", containerId: String(restartCount) };
      return observation("a", revision, { containers: [{ name: "c", state, restartCount }] as never });
    };
    for (let count = 0; count < 20; count++) table.takeObservation(ended(BigInt(count + 1), count));
    const pending = table.get("a")?.pending ?? [];
    expect(pending).to.have.length(16);
    expect(pending.at(-1)?.revision).to.equal(20n);
  });

  it("lets go of runs before it lets go of ends where there are too many to keep", () => {
    const { table } = setup();
    const at = (revision: bigint, kind: string, restartCount: number) => {
      const state = { kind, containerId: String(restartCount) };
      return observation("a", revision, { containers: [{ name: "c", state, restartCount }] as never });
    };
    for (let count = 0; count < 16; count++) {
      table.takeObservation(at(BigInt(2 * count + 1), "running", count));
      table.takeObservation(at(BigInt(2 * count + 2), "terminated", count));
    }
    const kinds = (table.get("a")?.pending ?? []).map(({ containers }) => containers[0]?.state.kind);
    expect(kinds).to.deep.equal(Array.from({ length: 16 }, () => "terminated"));
  });

  it("lets an observation that hides no end replace the one before", () => {
    const { table } = setup();
    for (const revision of [1n, 2n, 3n]) table.takeObservation(observation("a", revision));
    expect(table.get("a")?.pending.map(({ revision }) => revision)).to.deep.equal([3n]);
  });

  describe("with a snapshot", () => {
    it("suspects the absence of an acknowledged pod only when it is complete and a list was taken, in either order", () => {
      const acknowledged: Pod = { ...pod("a"), status: { startTime: "2026-01-01T00:00:00Z" } };
      const { table } = setup();
      table.setApi(acknowledged);
      table.takeSnapshot(snapshot([]));
      expect(table.get("a")?.absence).to.equal("unknown");
      table.takeApi({ kind: "list", pods: [acknowledged] });
      expect(table.get("a")?.absence).to.equal("suspected");
      table.takeObservation(observation("a", 1n));
      expect(table.get("a")?.absence).to.equal("unknown");
    });

    it("concludes nothing from an incomplete one", () => {
      const { table } = setup();
      table.takeApi({ kind: "list", pods: [{ ...pod("a"), status: { startTime: "2026-01-01T00:00:00Z" } }] });
      table.takeSnapshot(snapshot([], { complete: false }));
      expect(table.get("a")?.absence).to.equal("unknown");
    });

    it("does not count one that was opened before CreatePod was answered", () => {
      const { table } = setup();
      table.takeApi({ kind: "list", pods: [pod("a")] });
      const record = table.get("a");
      if (record === undefined) throw new Error("no record");
      record.create = "answered";
      record.createAnsweredAt = 200;
      table.takeSnapshot(snapshot([], { openedAt: 100 }));
      expect(record.absence).to.equal("unknown");
      table.takeSnapshot(snapshot([], { openedAt: 201 }));
      expect(record.absence).to.equal("suspected");
    });

    it("of a new epoch forgets accepted stops and event numbers", () => {
      const { table } = setup();
      table.takeApi({ kind: "list", pods: [pod("a")] });
      const record = table.get("a");
      if (record === undefined) throw new Error("no record");
      record.stopAccepted = 5;
      record.eventSeq = 9n;
      table.takeSnapshot(snapshot(["a"], { epochChanged: true }));
      expect(record).to.include({ stopAccepted: undefined, eventSeq: 0n });
    });
  });

  it("tells every UID that something happened to", () => {
    const { table, changed } = setup();
    table.setApi(pod("a"));
    table.takeObservation(observation("b", 1n));
    expect(changed).to.deep.equal(["a", "b"]);
  });
});
