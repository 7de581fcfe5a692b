import { expect } from "chai";
import { createManualClock } from "../testing/manual-clock.js";
import { EventMark } from "./event-mark.js";

const AT = Date.parse("2026-01-01T10:00:00.250Z");

describe("the mark of the provider's events", () => {
  it("is left only a renewal after it was reached, and while no event waits", async () => {
    const clock = createManualClock();
    let idle = true;
    const mark = new EventMark({ clock, isIdle: () => idle });
    mark.told(AT);
    expect(mark.value()).to.equal(undefined);
    mark.told(AT + 5_000);
    idle = false;
    await clock.advance(10_000);
    expect(mark.value()).to.equal(undefined);
    idle = true;
    expect(mark.value()).to.equal("2026-01-01T10:00:00.250Z");
    await clock.advance(10_000);
    expect(mark.value()).to.equal("2026-01-01T10:00:05.250Z");
  });

  it("is gone on from by the next process, which leaves it as it is until it has told something", async () => {
    const mark = new EventMark({ clock: createManualClock(), isIdle: () => true });
    mark.start("2026-01-01T10:00:00.250Z");
    expect(mark.before).to.equal(AT);
    expect(mark.value()).to.equal(undefined);
  });

  it("is not known where nothing, or nothing that is a time, was left", () => {
    for (const found of [undefined, "", "yesterday"]) {
      const mark = new EventMark({ clock: createManualClock(), isIdle: () => true });
      mark.start(found);
      expect(mark.before).to.equal(undefined);
    }
  });
});
