import { expect } from "chai";
import { type BackOff, backOffUntil, formatDuration, nextBackOff } from "./back-off.js";

describe("back-off", () => {
  it("lets the first attempt through, then waits 10, 20, 40, ... at most 300 s", () => {
    const delays: string[] = [];
    let backOff: BackOff | undefined;
    for (let now = 0, tries = 0; tries < 7; tries += 1) {
      const until = backOffUntil(backOff, now, now);
      if (until !== undefined) delays.push(formatDuration(until - now));
      now = until ?? now;
      backOff = nextBackOff(backOff, now, now);
    }
    expect(delays).to.deep.equal(["10s", "20s", "40s", "1m20s", "2m40s", "5m0s"]);
  });

  it("forgets after a run of more than ten minutes", () => {
    const backOff = { delayMs: 160_000, letThroughAt: 0 };
    expect(backOffUntil(backOff, 600_000, 600_000)).to.equal(760_000);
    expect(backOffUntil(backOff, 600_001, 600_001)).to.equal(undefined);
    expect(nextBackOff(backOff, 600_001, 600_001).delayMs).to.equal(10_000);
  });
});
