import { expect } from "chai";
import { container, Harness, UID } from "./testing/harness.js";

const SPEC = { terminationGracePeriodSeconds: 5, containers: [container("c")] };

describe("pod engine: a sandbox that dies", () => {
  it("makes a new sandbox and starts the containers again, with their counts", async () => {
    await using h = await Harness.start();
    await h.create({ ...SPEC, restartPolicy: "Always" });
    await h.sees("STARTED ready c=R#0");
    h.runtime.loseSandbox(UID);
    h.runtime.exit(UID, "c", 0, { exitCode: 137 });
    await h.sees("STARTED ready c=R#1<137");
    expect(h.runtime.calls.filter((call) => call.startsWith("createSandbox"))).to.have.length(2);
  });

  it("ends a pod that does not restart", async () => {
    await using h = await Harness.start();
    await h.create({ ...SPEC, restartPolicy: "Never" });
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 137 });
    h.runtime.loseSandbox(UID);
    await h.sees("ENDED gone c=T137#0");
    expect(h.runtime.calls.filter((call) => call.startsWith("createSandbox"))).to.have.length(1);
  });
});
