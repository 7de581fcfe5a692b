import { expect } from "chai";
import { container, Harness } from "../testing/harness.js";
import type { CommandEnd, ContainerRuntime } from "../runtime.js";

const PROBE = { exec: { command: ["check"] }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 1 };

type Run = NonNullable<ContainerRuntime["run"]>;

/** A pod whose readiness probe the runtime runs by itself, after the first probe. */
async function probed(h: Harness, run: Run): Promise<readonly string[]> {
  Object.assign(h.runtime, { run });
  await h.create({ restartPolicy: "Always", containers: [container("c", { readinessProbe: PROBE })] });
  await h.until(() => h.observations.length > 0 && h.state.includes("c=R"), "runs");
  await h.advance(0);
  return [...h.eventCounts().keys()].filter((text) => text.startsWith("Unhealthy|c|"));
}

function ended(exitCode: number): CommandEnd {
  return { exitCode, stdout: Buffer.from("out "), stderr: Buffer.from("err") };
}

describe("the command of a probe, where the runtime runs it without a session", () => {
  it("is good with code 0, and no session is begun", async () => {
    await using h = await Harness.start();
    const seen: Parameters<Run>[] = [];
    await probed(h, async (...call) => {
      seen.push(call);
      return await Promise.resolve(ended(0));
    });
    await h.sees("STARTED ready c=R#0");
    const [[, name, attempt, command, time] = []] = seen;
    expect([name, attempt, command, time?.seconds]).to.deep.equal(["c", 0, ["check"], 3]);
    expect(h.runtime.calls.filter((call) => call.startsWith("exec"))).to.deep.equal([]);
  });

  it("tells standard output before standard error when it fails", async () => {
    await using h = await Harness.start();
    const told = await probed(h, async () => await Promise.resolve(ended(2)));
    expect(told).to.deep.equal(["Unhealthy|c|Readiness probe failed: out err"]);
  });

  it("has failed when the runtime says that its time was up", async () => {
    await using h = await Harness.start();
    const told = await probed(h, async () => await Promise.resolve(undefined));
    expect(told).to.deep.equal(['Unhealthy|c|Readiness probe failed: command timed out: "check" timed out after 3s']);
  });

  it("says nothing of the container when it could not be run", async () => {
    await using h = await Harness.start();
    const told = await probed(h, async () => await Promise.reject(new Error("rpc error: code = Unknown desc = no")));
    const text = "Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = no";
    expect(told).to.deep.equal([`Unhealthy|c|${text}`]);
  });
});
