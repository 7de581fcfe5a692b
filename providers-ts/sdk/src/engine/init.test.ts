import { existsSync } from "node:fs";
import { join } from "node:path";
import { StopReason, UpdatePodRequest } from "@outboard/contract";
import { expect } from "chai";
import { RuntimeError } from "./runtime.js";
import { tempFolder } from "./testing/temp-folder.js";
import { container, Harness, order, UID, RETRY_MS } from "./testing/harness.js";

const BASE = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c")] };
const SIDECAR = { restartPolicy: "Always" };

describe("pod engine: order", () => {
  it("runs init containers one by one, then the main container", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, initContainers: [container("i1"), container("i2")] });
    await h.sees("STARTED ready i1=R#0 i2=PodInitializing#0 c=PodInitializing#0");
    h.runtime.exit(UID, "i1", 0, { exitCode: 0 });
    await h.sees("STARTED ready i1=T0#0 i2=R#0 c=PodInitializing#0");
    h.runtime.exit(UID, "i2", 0, { exitCode: 0 });
    await h.sees("STARTED ready i1=T0#0 i2=T0#0 c=R#0");
    expect(h.history).to.deep.equal([
      "ACCEPTED none i1=PodInitializing#0 i2=PodInitializing#0 c=PodInitializing#0",
      "PREPARING creating i1=PodInitializing#0 i2=PodInitializing#0 c=PodInitializing#0",
      "PREPARING ready i1=PodInitializing#0 i2=PodInitializing#0 c=PodInitializing#0",
      "STARTED ready i1=R#0 i2=PodInitializing#0 c=PodInitializing#0",
      "STARTED ready i1=T0#0 i2=PodInitializing#0 c=PodInitializing#0",
      "STARTED ready i1=T0#0 i2=R#0 c=PodInitializing#0",
      "STARTED ready i1=T0#0 i2=T0#0 c=PodInitializing#0",
      "STARTED ready i1=T0#0 i2=T0#0 c=R#0",
    ]);
  });

  it("tries a failed init container again, with back-off", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "first try");
    h.runtime.exit(UID, "i", 0, { exitCode: 2 });
    await h.sees("STARTED ready i=R#1<2 c=PodInitializing#0");
    h.runtime.exit(UID, "i", 1, { exitCode: 2 });
    await h.sees("STARTED ready i=T2+#1<2 c=PodInitializing#0");
    await h.advance(10_000);
    await h.sees("STARTED ready i=R#2<2 c=PodInitializing#0");
    expect(h.history).to.include("STARTED ready i=CrashLoopBackOff#1<2 c=PodInitializing#0");
  });

  it("ends a Never pod whose init container failed", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, restartPolicy: "Never", initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 2 });
    await h.sees("ENDED gone i=T2#0 c=PodInitializing#0");
  });

  it("lets an init container end that runs while its image is changed, and begins a sidecar anew", async () => {
    await using h = await Harness.start();
    const withImages = (image: string) => ({
      ...BASE,
      initContainers: [container("s", { ...SIDECAR, image }), container("i", { image })],
    });
    await h.create(withImages("img"));
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    const { manifest } = order(withImages("other"));
    await h.engine.updatePod?.(UpdatePodRequest.fromPartial({ uid: UID, specRevision: 2n, manifest }));
    await h.quiet();
    await h.advance(0);
    await h.until(() => h.state.includes("s=R#1"), "the sidecar begins anew");
    expect(h.state).to.contain("i=R#0");
  });

  it("starts sidecars in order and restarts one that ends, beside the main container", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, initContainers: [container("s1", SIDECAR), container("s2", SIDECAR)] });
    await h.sees("STARTED ready s1=R#0 s2=R#0 c=R#0");
    expect(h.history).to.include("STARTED ready s1=R#0 s2=PodInitializing#0 c=PodInitializing#0");
    h.runtime.exit(UID, "s1", 0, { exitCode: 0 });
    await h.sees("STARTED ready s1=R#1<0 s2=R#0 c=R#0");
    h.runtime.exit(UID, "s1", 1, { exitCode: 5 });
    await h.sees("STARTED ready s1=T5+#1<0 s2=R#0 c=R#0");
    await h.advance(10_000);
    await h.sees("STARTED ready s1=R#2<5 s2=R#0 c=R#0");
  });

  it("shows the end of sidecars with the pod's where an init container failed for good", async () => {
    await using h = await Harness.start();
    const initContainers = [container("s", SIDECAR), container("i")];
    await h.create({ ...BASE, restartPolicy: "Never", initContainers });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 9 });
    await h.until(() => h.runtime.calls.includes("stop s/0 5000"), "sidecar is stopped");
    await h.advance(0);
    await h.sees("ENDED gone s=T0#0 i=T9#0 c=PodInitializing#0");
    expect(h.history.at(-2)).to.equal("STARTED ready s=R#0 i=T9#0 c=PodInitializing#0");
  });

  it("ends sidecars once the main containers are done", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, restartPolicy: "OnFailure", initContainers: [container("s", SIDECAR)] });
    await h.sees("STARTED ready s=R#0 c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 0 });
    await h.until(() => h.runtime.calls.includes("stop s/0 5000"), "sidecar is stopped");
    await h.advance(0);
    await h.sees("ENDED gone s=T0#0 c=T0#0");
    expect(h.history.slice(-3)).to.deep.equal([
      "STARTED ready s=R#0 c=T0#0",
      "STARTED gone s=T0#0 c=T0#0",
      "ENDED gone s=T0#0 c=T0#0",
    ]);
    expect(h.eventCounts().get("Killing|s|Stopping container s")).to.equal(1);
  });

  it("leaves a container alone that succeeded under OnFailure, while the other is restarted", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, restartPolicy: "OnFailure", containers: [container("a"), container("b")] });
    await h.sees("STARTED ready a=R#0 b=R#0");
    h.runtime.exit(UID, "a", 0, { exitCode: 0 });
    await h.quiet();
    await h.advance(500);
    await h.sees("STARTED ready a=T0#0 b=R#0");
    h.runtime.exit(UID, "b", 0, { exitCode: 7 });
    await h.sees("STARTED ready a=T0#0 b=R#1<7");
    h.runtime.exit(UID, "b", 1, { exitCode: 0 });
    await h.sees("ENDED gone a=T0#0 b=T0#1<7");
  });

  it("tells ends together that come soon after each other and from which nothing follows", async () => {
    await using h = await Harness.start();
    const containers = [container("a"), container("b"), container("c")];
    await h.create({ ...BASE, restartPolicy: "Never", containers });
    await h.sees("STARTED ready a=R#0 b=R#0 c=R#0");
    await h.quiet();
    const before = h.observations.length;
    for (const name of ["a", "b"]) {
      h.runtime.exit(UID, name, 0, { exitCode: 0 });
      await h.quiet();
      await h.advance(200);
    }
    expect(h.observations).to.have.length(before);
    await h.advance(100);
    expect(h.state).to.equal("STARTED ready a=T0#0 b=T0#0 c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("ENDED gone a=T0#0 b=T0#0 c=T1#0");
  });

  it("follows a container's own rules", async () => {
    await using h = await Harness.start();
    const rules = [{ action: "Restart", exitCodes: { operator: "In", values: [42] } }];
    const own = container("c", { restartPolicy: "Never", restartPolicyRules: rules });
    await h.create({ ...BASE, restartPolicy: "Never", containers: [own] });
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 42 });
    await h.sees("STARTED ready c=R#1<42");
    h.runtime.exit(UID, "c", 1, { exitCode: 1 });
    await h.sees("ENDED gone c=T1#1<42");
  });

  it("shows why a container does not start at the next try, where nothing else began in the same turn", async () => {
    await using h = await Harness.start();
    h.runtime.onImage = (image) => {
      if (image === "none") throw new RuntimeError("ErrImagePull", "not found");
    };
    const bad = container("c", { image: "none", imagePullPolicy: "Always" });
    await h.create({ ...BASE, containers: [bad], initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 0 });
    await h.until(() => h.eventCounts().has("Failed|c|Error: ErrImagePull"), "the failure");
    await h.quiet();
    expect(h.state).to.equal("STARTED ready i=T0#0 c=PodInitializing#0");
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready i=T0#0 c=ErrImagePull#0");
  });

  it("shows it at once beside one that starts", async () => {
    await using h = await Harness.start();
    h.runtime.onStart = ({ name }) => {
      if (name === "c") throw new RuntimeError("CreateContainerError", "no");
    };
    await h.create({ ...BASE, containers: [container("c"), container("d")], initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 0 });
    await h.sees("STARTED ready i=T0#0 c=CreateContainerError#0 d=R#0");
  });

  it("never shows that a sidecar waits that ended well", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, initContainers: [container("s", SIDECAR)] });
    for (const attempt of [0, 1]) {
      await h.sees(`STARTED ready s=R#${attempt}${attempt === 0 ? "" : "<0"} c=R#0`);
      h.runtime.exit(UID, "s", attempt, { exitCode: 0 });
      await h.quiet();
    }
    await h.advance(10_000);
    await h.sees("STARTED ready s=R#2<0 c=R#0");
    expect(h.history.filter((text) => text.includes("CrashLoopBackOff"))).to.deep.equal([]);
    expect(h.history).to.include("STARTED ready s=T0+#1<0 c=R#0");
  });

  it("restarts all containers, init containers first, in the same sandbox", async () => {
    await using h = await Harness.start();
    const rules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [9] } }];
    const own = container("c", { restartPolicy: "Never", restartPolicyRules: rules });
    await h.create({ ...BASE, containers: [own, container("d")], initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 0 });
    await h.until(() => h.state.includes("d=R#0"), "all run");
    h.runtime.exit(UID, "c", 0, { exitCode: 9 });
    await h.quiet();
    await h.advance(0);
    await h.sees("STARTED ready i=R#1<137 c=PodInitializing#1<137 d=PodInitializing#1<137");
    h.runtime.exit(UID, "i", 1, { exitCode: 0 });
    await h.sees("STARTED ready i=T0#1<137 c=R#1<137 d=R#1<137");
    const waits = ["i", "c", "d"].map((name) => `${name}=RestartingAllContainers#1<137`);
    expect(h.history).to.include(`STARTED ready ${waits.join(" ")}`);
    expect(h.runtime.calls).to.include.members(["remove i/0", "remove c/0", "remove d/0"]);
    expect(h.runtime.calls.filter((call) => call.startsWith("createSandbox"))).to.have.length(1);
    expect(h.runtime.calls).to.include("stop d/0 2000");
    expect(h.eventCounts().get("Killing|d|killing")).to.equal(1);
  });

  it("counts on when a pod is stopped while all its containers wait to be restarted", async () => {
    await using h = await Harness.start();
    const rules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [9] } }];
    const own = container("c", { restartPolicy: "Never", restartPolicyRules: rules });
    await h.create({ ...BASE, containers: [own], initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 0 });
    await h.until(() => h.state.includes("c=R#0"), "main runs");
    h.runtime.exit(UID, "c", 0, { exitCode: 9 });
    await h.quiet();
    await h.advance(0);
    await h.until(() => h.state.includes("i=R#1"), "init runs again");
    expect(h.state).to.include("c=PodInitializing#1");
    await h.stopPod(0);
    await h.until(() => h.state.startsWith("STOPPING"), "the pod is stopped");
    expect(h.state).to.match(/c=\w+#1/);
  });

  it("starts an ephemeral container beside the others and never again", async () => {
    await using h = await Harness.start();
    await h.create({ ...BASE, ephemeralContainers: [container("e")] });
    await h.sees("STARTED ready c=R#0 e=R#0");
    h.runtime.exit(UID, "e", 0, { exitCode: 1 });
    await h.quiet();
    await h.advance(500);
    await h.sees("STARTED ready c=R#0 e=T1#0");
  });
});

describe("pod engine: a path of the host that only an ephemeral container mounts", () => {
  async function runWith(h: Harness, path: string): Promise<void> {
    const spec = { ...BASE, volumes: [{ name: "v", hostPath: { path, type: "DirectoryOrCreate" } }] };
    await h.create(spec);
    await h.sees("STARTED ready c=R#0");
    expect(existsSync(path)).to.equal(path === "/dev/null");
    const ephemeralContainers = [container("e", { volumeMounts: [{ name: "v", mountPath: "/v" }] })];
    await h.update({ ...spec, ephemeralContainers });
  }

  it("is made when that starts", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "made");
    await using h = await Harness.start();
    await runWith(h, path);
    await h.sees("STARTED ready c=R#0 e=R#0");
    expect(existsSync(path)).to.equal(true);
  });

  it("keeps it from starting where it cannot be made", async () => {
    await using h = await Harness.start();
    await runWith(h, "/dev/null");
    await h.sees("STARTED ready c=R#0 e=ContainerCreating#0");
    await h.quiet();
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready c=R#0 e=CreateContainerConfigError#0");
  });
});

describe("pod engine: the sandbox", () => {
  it("is tried again when it cannot be made, with an event", async () => {
    await using h = await Harness.start();
    let tries = 0;
    h.runtime.onSandbox = () => {
      tries += 1;
      if (tries < 3) throw new Error("no bridge");
    };
    await h.create(BASE);
    await h.until(() => tries === 1, "first try");
    await h.quiet();
    await h.advance(RETRY_MS);
    expect(h.state).to.equal("PREPARING creating c=ContainerCreating#0");
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready c=R#0");
    expect(h.eventCounts().get("FailedCreatePodSandBox||Failed to create pod sandbox: no bridge")).to.equal(2);
  });

  it("shows want of room at every container while it is tried again", async () => {
    await using h = await Harness.start();
    let isFull = true;
    h.runtime.onSandbox = () => {
      if (isFull) throw new RuntimeError("OutOfCapacity", "110 pods run here");
    };
    await h.create(BASE);
    await h.sees("PREPARING creating c=OutOfCapacity#0");
    isFull = false;
    await h.quiet();
    await h.advance(RETRY_MS);
    await h.sees("STARTED ready c=R#0");
  });

  it("says to the end that it never got room, when it is given up for that", async () => {
    await using h = await Harness.start();
    h.runtime.onSandbox = () => {
      throw new RuntimeError("OutOfCapacity", "110 pods run here");
    };
    await h.create(BASE);
    await h.sees("PREPARING creating c=OutOfCapacity#0");
    await h.stopPod(0, StopReason.EVICTED);
    await h.sees("ENDED none c=OutOfCapacity#0");
    expect(h.last.failure).to.deep.equal({ reason: "OutOfCapacity", message: "110 pods run here" });
    await h.crash();
    expect(h.last.failure).to.deep.equal({ reason: "OutOfCapacity", message: "110 pods run here" });
  });

  it("forgets what it waited for when it is deleted", async () => {
    await using h = await Harness.start();
    h.runtime.onSandbox = () => {
      throw new RuntimeError("OutOfCapacity", "110 pods run here");
    };
    await h.create(BASE);
    await h.sees("PREPARING creating c=OutOfCapacity#0");
    await h.stopPod(0);
    await h.sees("ENDED none c=ContainerCreating#0");
    expect(h.last.failure).to.equal(undefined);
  });
});
