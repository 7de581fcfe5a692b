import { expect } from "chai";
import type { EventDraft } from "../ports/events.js";
import { EventCorrelator, type EventWrite } from "./event-correlator.js";
import { toEventObject } from "./event-object.js";

const START = Date.parse("2026-01-01T00:00:00Z");

class Recording {
  readonly #correlator = new EventCorrelator();
  #now = START;
  #nanos = 1n;

  advance(ms: number): void {
    this.#now += ms;
  }

  record(draft: Partial<EventDraft> & { readonly uid?: string } = {}): EventWrite | undefined {
    this.#nanos += 1n;
    const target = { kind: "Pod", namespace: "ns", name: "p", uid: draft.uid ?? "u" } as const;
    const full = { target, type: "Normal", reason: "Started", message: "started", ...draft } as const;
    const event = toEventObject(full, "node", new Date(this.#now), this.#nanos);
    return this.#correlator.correlate(event, this.#now, this.#nanos);
  }
}

describe("EventCorrelator", () => {
  it("raises the count of the same event, keeping its name and first time", () => {
    const recording = new Recording();
    const first = recording.record();
    recording.advance(5_000);
    const second = recording.record();
    expect(first?.kind).to.equal("create");
    expect(second?.kind).to.equal("patch");
    expect(second?.event).to.deep.include({
      count: 2,
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:00:05Z",
    });
    expect(second?.event.metadata.name).to.equal(first?.event.metadata.name);
  });

  it("combines from the tenth different message of one reason on", () => {
    const recording = new Recording();
    const writes = Array.from({ length: 12 }, (_, index) => recording.record({ message: `message ${index}` }));
    expect(writes.slice(0, 9).every((write) => write?.kind === "create" && write.event.count === 1)).to.equal(true);
    expect(writes[9]?.kind).to.equal("create");
    expect(writes[9]?.event.message).to.equal("(combined from similar events): message 9");
    expect(writes[10]?.kind).to.equal("patch");
    expect(writes[11]?.event).to.deep.include({ count: 3, message: "(combined from similar events): message 11" });
    expect(writes[11]?.event.metadata.name).to.equal(writes[9]?.event.metadata.name);
  });

  it("starts afresh after ten minutes without a similar event", () => {
    const recording = new Recording();
    for (let index = 0; index < 9; index += 1) {
      recording.record({ message: `message ${index}` });
    }
    recording.advance(600_001);
    expect(recording.record({ message: "message 10" })?.event.message).to.equal("message 10");
  });

  it("lets 25 events about one object pass, then one in five minutes, and other objects freely", () => {
    const recording = new Recording();
    const passed = Array.from({ length: 40 }, () => recording.record()).filter((write) => write !== undefined);
    expect(passed).to.have.length(25);
    expect(recording.record({ uid: "other" })?.kind).to.equal("create");
    recording.advance(299_000);
    expect(recording.record()).to.equal(undefined);
    recording.advance(1_000);
    expect(recording.record()?.event.count).to.equal(42);
    expect(recording.record()).to.equal(undefined);
  });
});

describe("toEventObject", () => {
  const target = { kind: "Pod", namespace: "ns", name: "p", uid: "u", fieldPath: "spec.containers{main}" } as const;
  const id = "0123456789abcdef".repeat(4);

  function message(text: string, fieldPath?: string): string {
    const { fieldPath: _none, ...bare } = target;
    const draft = {
      target: fieldPath === undefined ? bare : { ...bare, fieldPath },
      type: "Normal",
      reason: "R",
    } as const;
    return toEventObject({ ...draft, message: text }, "node", new Date(START), 1n).message;
  }

  it("puts the container's name where its id was, and keeps digests of images", () => {
    expect(message(`cannot start ${id}: no`, "spec.containers{main}")).to.equal("cannot start main: no");
    expect(message(`image x@sha256:${id} missing`, "spec.containers{main}")).to.contain(`sha256:${id}`);
    expect(message(`about ${id}`)).to.contain(id);
  });

  it("leaves the ids in what a probe said, as a kubelet does", () => {
    const draft = { target, type: "Warning", reason: "Unhealthy", message: `failed to start exec "${id}"` } as const;
    expect(toEventObject(draft, "node", new Date(START), 1n).message).to.equal(draft.message);
  });

  it("cuts long messages between characters", () => {
    const text = message("ä".repeat(1_000));
    expect(Buffer.byteLength(text)).to.equal(1_024);
    expect(message(`x${"ä".repeat(1_000)}`)).to.equal(`x${"ä".repeat(511)}`);
  });

  it("names the event after the object and gives a long name up", () => {
    const draft = { target, type: "Normal", reason: "R", message: "m" } as const;
    expect(toEventObject(draft, "node", new Date(START), 255n).metadata.name).to.equal("p.ff");
    const long = { ...draft, target: { ...target, name: "n".repeat(253) } };
    expect(toEventObject(long, "node", new Date(START), 255n).metadata.name).to.match(/^[0-9a-f-]{36}$/);
  });
});
