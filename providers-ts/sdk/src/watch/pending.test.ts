import { type ContainerObservation, PodEventType, PodObservation } from "@outboard/contract";
import { expect } from "chai";
import { endedContainer, runningContainer } from "../harness.test.js";
import { Pending } from "./pending.js";

function observation(uid: string, revision: number, containers: readonly ContainerObservation[] = []): PodObservation {
  return { ...PodObservation.create({ uid, revision: BigInt(revision) }), containers };
}

function drain(pending: Pending): string[] {
  const found: string[] = [];
  for (let next = pending.take(); next !== undefined; next = pending.take()) {
    const value = next.value as { readonly revision?: bigint; readonly seq?: bigint };
    found.push(`${next.$case} ${value.revision ?? value.seq ?? ""}`.trim());
  }
  return found;
}

describe("Pending", () => {
  it("keeps only the latest of what does not change a container's state", () => {
    const pending = new Pending();
    for (let revision = 1; revision <= 1000; revision += 1)
      pending.observation(observation("u", revision, [runningContainer("c")]));
    expect(drain(pending)).to.deep.equal(["observation 1000"]);
  });

  it("keeps each change of a container's state or instance", () => {
    const pending = new Pending();
    pending.observation(observation("u", 1, [runningContainer("c")]));
    pending.observation(observation("u", 2, [endedContainer("c", 1)]));
    pending.observation(observation("u", 3, [endedContainer("c", 1)]));
    pending.observation(observation("u", 4, [runningContainer("c", 1)]));
    expect(drain(pending)).to.deep.equal(["observation 1", "observation 3", "observation 4"]);
  });

  it("drops the oldest beyond 16, never the newest", () => {
    const pending = new Pending();
    for (let revision = 1; revision <= 40; revision += 1) {
      pending.observation(observation("u", revision, [runningContainer("c", revision)]));
    }
    const kept = drain(pending);
    expect(kept).to.have.length(16);
    expect([kept[0], kept.at(-1)]).to.deep.equal(["observation 25", "observation 40"]);
  });

  it("keeps at most 64 events of a pod", () => {
    const pending = new Pending();
    for (let seq = 1; seq <= 100; seq += 1) {
      const event = { uid: "u", seq: BigInt(seq), time: new Date(0), type: PodEventType.NORMAL, count: 1 };
      pending.event({ ...event, reason: "R", container: "", message: "" });
    }
    const kept = drain(pending);
    expect([kept.length, kept[0], kept.at(-1)]).to.deep.equal([64, "podEvent 37", "podEvent 100"]);
  });

  it("lets pods take turns, so that a busy one starves nobody", () => {
    const pending = new Pending();
    for (let revision = 1; revision <= 3; revision += 1)
      pending.observation(observation("busy", revision, [runningContainer("c", revision)]));
    pending.observation(observation("quiet", 9));
    expect(drain(pending)).to.deep.equal(["observation 1", "observation 9", "observation 2", "observation 3"]);
  });

  it("does not let an observation of a new life replace one before the release", () => {
    const pending = new Pending();
    pending.observation(observation("u", 1));
    pending.forgotten("u");
    pending.observation(observation("u", 2));
    expect(drain(pending)).to.deep.equal(["observation 1", "podForgotten", "observation 2"]);
  });
});
