import { expect } from "chai";
import { neverBack } from "./system-clock.js";

const HOUR_MS = 3_600_000;

describe("the real clock", () => {
  it("follows the wall clock, forward steps as well", () => {
    const time = { wall: 1_000_000, steady: 50 };
    const now = neverBack(
      () => time.wall,
      () => time.steady,
    );
    time.wall += 7;
    time.steady += 7;
    expect(now()).to.equal(1_000_007);
    time.wall += HOUR_MS;
    expect(now()).to.equal(1_000_007 + HOUR_MS);
  });

  it("goes on where the wall clock is set back, and never backwards", () => {
    const time = { wall: 5 * HOUR_MS, steady: 50 };
    const now = neverBack(
      () => time.wall,
      () => time.steady,
    );
    time.wall -= HOUR_MS;
    expect(now()).to.equal(5 * HOUR_MS);
    time.wall += 250;
    time.steady += 250;
    expect(now()).to.equal(5 * HOUR_MS + 250);
  });
});
