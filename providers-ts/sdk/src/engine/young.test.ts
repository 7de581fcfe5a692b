import { expect } from "chai";
import { container, Harness, UID } from "./testing/harness.js";

const POD = { restartPolicy: "Always", terminationGracePeriodSeconds: 30, containers: [container("c")] };
const STOPPING = "Killing|c|Stopping container c";

describe("pod engine: a stop that comes right after a start", () => {
  it("lets the container end by itself, and tells of no end of its own", async () => {
    await using h = await Harness.start({ youngMs: 300 });
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(30);
    await h.quiet();
    expect(h.runtime.calls.filter((call) => call.startsWith("stop c"))).to.deep.equal([]);
    h.runtime.exit(UID, "c", 0, { exitCode: 0 });
    await h.sees("ENDED gone c=T0#0");
    expect(h.history).to.include("STOPPING ready c=T0#0");
    expect(h.eventCounts().get(STOPPING)).to.equal(undefined);
  });

  it("does not wait for long", async () => {
    await using h = await Harness.start({ youngMs: 300 });
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(30);
    await h.quiet();
    await h.advance(300);
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    expect(h.eventCounts().get(STOPPING)).to.equal(1);
  });

  it("does not wait at all where nothing is young, or the pod is to end at once", async () => {
    for (const [age, grace] of [
      [300, 30],
      [0, 0],
    ] as const) {
      await using h = await Harness.start({ youngMs: 300 });
      await h.create(POD);
      await h.sees("STARTED ready c=R#0");
      await h.advance(age);
      await h.stopPod(grace);
      await h.quiet();
      await h.advance(0);
      await h.until(() => h.state.startsWith("ENDED"), "the end");
      expect(h.eventCounts().get(STOPPING)).to.equal(1);
    }
  });
});
