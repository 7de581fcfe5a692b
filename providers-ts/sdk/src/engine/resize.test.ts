import { ContainerInputs, type PodInputs, type Resources } from "@outboard/contract";
import { expect } from "chai";
import { RuntimeError } from "./runtime.js";
import { container, Harness, inputsFor, UID, RETRY_MS } from "./testing/harness.js";

const POD = { restartPolicy: "Always", containers: [container("c")] };

function resources(cpu: string): Resources {
  return { requests: new Map([["cpu", cpu]]), limits: new Map() };
}

function inputs(cpu: string): PodInputs {
  return {
    ...inputsFor(POD),
    containers: [{ ...ContainerInputs.fromPartial({ name: "c" }), resources: resources(cpu) }],
  };
}

function limits(cpu: string): Resources {
  return { requests: new Map(), limits: new Map([["cpu", cpu]]) };
}

function resizes(h: Harness): readonly string[] {
  return h.runtime.calls.filter((call) => call.startsWith("resize"));
}

describe("pod engine: resize", () => {
  it("changes a running instance, shows it under way and then in effect", async () => {
    await using h = await Harness.start();
    await h.create(POD, { inputs: inputs("100m") });
    await h.sees("STARTED ready c=R#0");
    await h.engine.updateInputs({ uid: UID, inputs: inputs("200m"), inputVersion: 2n });
    await h.until(() => h.last.containers[0]?.resources !== undefined, "resources in effect");
    expect(h.observations.map(({ resize }) => resize?.state?.$case)).to.include("inProgress");
    expect(h.last.resize).to.equal(undefined);
    expect(h.last.containers[0]?.resources?.requests.get("cpu")).to.equal("200m");
    expect(h.runtime.calls.filter((call) => call.startsWith("resize"))).to.deep.equal(["resize c/0 200m"]);
  });

  it("restarts a container whose policy asks for it", async () => {
    await using h = await Harness.start();
    const resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
    await h.create({ ...POD, containers: [container("c", { resizePolicy })] }, { inputs: inputs("100m") });
    await h.sees("STARTED ready c=R#0");
    await h.engine.updateInputs({ uid: UID, inputs: inputs("200m"), inputVersion: 2n });
    await h.quiet();
    await h.advance(0);
    await h.sees("STARTED ready c=R#1<0");
    expect(h.eventCounts().get("Killing|c|Container c resize requires restart")).to.equal(1);
    expect(h.runtime.specOf(UID, "c").resources?.requests.get("cpu")).to.equal("200m");
  });

  it("gives the pod as a whole more before its containers, and what it is to have after them", async () => {
    await using h = await Harness.start();
    await h.create(POD, { inputs: { ...inputs("100m"), resources: limits("1") } });
    await h.sees("STARTED ready c=R#0");
    await h.until(() => resizes(h).length === 1, "what the sandbox was given");
    expect(h.observations.some(({ resize }) => resize !== undefined)).to.equal(false);
    await h.engine.updateInputs({ uid: UID, inputs: { ...inputs("200m"), resources: limits("2") }, inputVersion: 2n });
    await h.until(() => resizes(h).length === 4 && h.last.resize === undefined, "all resized");
    expect(resizes(h)).to.deep.equal(["resize pod 1", "resize pod 2", "resize c/0 200m", "resize pod 2"]);
    expect(h.observations.map(({ resize }) => resize?.state?.$case)).to.include("inProgress");
  });

  it("changes a container that has nothing but the pod's limit", async () => {
    await using h = await Harness.start();
    await h.create(POD, { inputs: { ...inputsFor(POD), resources: limits("1") } });
    await h.sees("STARTED ready c=R#0");
    await h.until(() => resizes(h).length === 1, "what the sandbox was given");
    await h.engine.updateInputs({ uid: UID, inputs: { ...inputsFor(POD), resources: limits("2") }, inputVersion: 2n });
    await h.until(() => resizes(h).length === 4 && h.last.resize === undefined, "all resized");
    expect(resizes(h)[2]).to.equal("resize c/0 undefined");
  });

  it("restarts a container that has the pod's limit and whose policy asks for it, then narrows the pod", async () => {
    await using h = await Harness.start();
    const resizePolicy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
    const pod = { ...POD, containers: [container("c", { resizePolicy })] };
    await h.create(pod, { inputs: { ...inputs("100m"), resources: limits("2") } });
    await h.sees("STARTED ready c=R#0");
    h.runtime.onPodResize = () => {
      if (h.state.includes("c=R#0")) throw new RuntimeError("ResizeError", "the container has more");
    };
    await h.engine.updateInputs({ uid: UID, inputs: { ...inputs("100m"), resources: limits("1") }, inputVersion: 2n });
    await h.quiet();
    await h.advance(0);
    await h.sees("STARTED ready c=R#1<0");
    await h.quiet();
    expect(h.last.resize).to.equal(undefined);
    expect(h.observations.map(({ resize }) => resize?.state?.$case)).not.to.include("error");
    expect(resizes(h)).to.deep.equal(["resize pod 2", "resize pod 1", "resize pod 1"]);
  });

  it("shows a failure and tries again", async () => {
    await using h = await Harness.start();
    await h.create(POD, { inputs: inputs("100m") });
    await h.sees("STARTED ready c=R#0");
    h.runtime.onResize = () => {
      throw new RuntimeError("ResizeError", "not that much");
    };
    await h.engine.updateInputs({ uid: UID, inputs: inputs("200m"), inputVersion: 2n });
    await h.until(() => h.last.resize?.state?.$case === "error", "the failure");
    expect(h.last.resize?.state?.value).to.deep.equal({ message: "not that much" });
    h.runtime.onResize = () => {};
    await h.advance(RETRY_MS);
    await h.until(() => h.last.resize === undefined, "the end of the resize");
  });
});
