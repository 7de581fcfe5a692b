import { expect } from "chai";
import { parseLoopDelay } from "./loop-delay.js";

describe("the event loop's delay", () => {
  const text = [
    "# HELP nodejs_eventloop_lag_p50_seconds The 50th percentile.",
    "nodejs_eventloop_lag_seconds 0.5",
    "nodejs_eventloop_lag_max_seconds 0.330170367",
    "nodejs_eventloop_lag_p50_seconds 0.009",
    "nodejs_eventloop_lag_p99_seconds 0.0255",
  ].join("\n");

  it("is what its timer was late, beyond the timer's own period", () => {
    const { p50Ms, p99Ms, maxMs } = parseLoopDelay(text);
    expect(p50Ms).to.equal(0);
    expect(p99Ms).to.be.closeTo(15.5, 1e-9);
    expect(maxMs).to.be.closeTo(320.17, 0.01);
  });

  it("is an error where the metrics do not have it", () => {
    expect(() => parseLoopDelay("up 1")).to.throw("no p50");
  });
});
