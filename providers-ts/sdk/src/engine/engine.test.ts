import { PodStage, StopReason, TerminationCause, UpdatePodRequest } from "@outboard/contract";
import { expect } from "chai";
import { container, Harness, order, UID } from "./testing/harness.js";
import { RuntimeError } from "./runtime.js";

const ALWAYS = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c")] };
const NEVER = { ...ALWAYS, restartPolicy: "Never" };

describe("pod engine: life of a pod", () => {
  it("shows no end before the start, whatever order the runtime's clocks give", async () => {
    await using h = await Harness.start();
    await h.create(NEVER);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 3, finishedAt: h.clock.now() - 5_000 });
    await h.sees("ENDED gone c=T3#0");
    const end = h.last.containers[0]?.state;
    if (end?.$case !== "terminated") throw new Error("the container has not ended");
    expect(end.value.until).to.deep.equal(end.value.since);
  });

  it("shows a pod that ends by itself terminated first, then ended with its sandbox gone", async () => {
    await using h = await Harness.start();
    await h.create(NEVER);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 3 });
    await h.sees("ENDED gone c=T3#0");
    expect(h.history).to.deep.equal([
      "ACCEPTED none c=ContainerCreating#0",
      "PREPARING creating c=ContainerCreating#0",
      "PREPARING ready c=ContainerCreating#0",
      "STARTED ready c=R#0",
      "STARTED ready c=T3#0",
      "ENDED gone c=T3#0",
    ]);
    expect(h.last.cause).to.equal(TerminationCause.UNSPECIFIED);
  });

  it("shows the end of an ephemeral container that the pod's end takes with it only with that end", async () => {
    await using h = await Harness.start();
    await h.create({ ...NEVER, ephemeralContainers: [container("e")] });
    await h.sees("STARTED ready c=R#0 e=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 3 });
    await h.quiet();
    await h.advance(0);
    await h.until(() => h.last.stage === PodStage.ENDED, "the end");
    const [before, end] = h.history.slice(-2);
    expect(before).to.equal("STARTED ready c=T3#0 e=R#0");
    expect(end).to.match(/^ENDED gone c=T3#0 e=T\d+#0$/);
  });

  it("restarts at once, then after 10 s and 20 s, with CrashLoopBackOff shown before the start", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    h.runtime.exit(UID, "c", 1, { exitCode: 1 });
    await h.sees("STARTED ready c=T1+#1<1");
    await h.advance(9_999);
    expect(h.state).to.equal("STARTED ready c=T1+#1<1");
    await h.advance(1);
    await h.sees("STARTED ready c=R#2<1");
    h.runtime.exit(UID, "c", 2, { exitCode: 1 });
    await h.sees("STARTED ready c=T1+#2<1");
    await h.advance(20_000);
    await h.sees("STARTED ready c=R#3<1");
    expect(h.history.slice(4)).to.deep.equal([
      "STARTED ready c=T1+#0",
      "STARTED ready c=R#1<1",
      "STARTED ready c=T1+#1<1",
      "STARTED ready c=CrashLoopBackOff#1<1",
      "STARTED ready c=R#2<1",
      "STARTED ready c=T1+#2<1",
      "STARTED ready c=CrashLoopBackOff#2<1",
      "STARTED ready c=R#3<1",
    ]);
    const waiting = h.observations.flatMap(({ containers }) =>
      containers.flatMap(({ state }) => (state?.$case === "waiting" ? [state.value.message] : [])),
    );
    expect(waiting).to.include(`back-off 10s restarting failed container=c pod=p_ns(${UID})`);
    expect(waiting).to.include(`back-off 20s restarting failed container=c pod=p_ns(${UID})`);
  });

  it("tells the kubelet's events with the kubelet's counts for a crash loop", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await h.until(() => h.state.includes("c=R"), "running");
      h.runtime.exit(UID, "c", attempt, { exitCode: 1 });
      await h.quiet();
      await h.advance(attempt === 0 ? 0 : 10_000 * attempt);
    }
    await h.until(() => h.state.includes("c=R#3"), "fourth instance");
    expect([...h.eventCounts()]).to.deep.equal([
      ['Pulled|c|Container image "img" already present on machine and can be accessed by the pod', 4],
      ["Created|c|Container created", 4],
      ["Started|c|Container started", 4],
      [`BackOff|c|Back-off restarting failed container c in pod p_ns(${UID})`, 2],
    ]);
  });

  it("counts a command that is not there as an instance that ended with 128", async () => {
    await using h = await Harness.start();
    h.runtime.onStart = () => {
      throw new RuntimeError("RunContainerError", 'exec: "/no/such": no such file or directory');
    };
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=RunContainerError#1<128");
    await h.advance(1000);
    await h.sees("STARTED ready c=CrashLoopBackOff#1<128");
    expect(h.history.slice(3, 5)).to.deep.equal([
      "STARTED ready c=RunContainerError#0<128",
      "STARTED ready c=RunContainerError#1<128",
    ]);
  });

  it("ends a Never pod whose command is not there", async () => {
    await using h = await Harness.start();
    h.runtime.onStart = () => {
      throw new RuntimeError("RunContainerError", "no such file");
    };
    await h.create(NEVER);
    await h.sees("ENDED gone c=T128#0");
    expect(h.history.slice(3)).to.deep.equal(["STARTED ready c=T128#0", "ENDED gone c=T128#0"]);
  });

  it("goes on counting from what a lost pod had", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS, { prior: [{ name: "c", restartCount: 4, lastTermination: undefined }] });
    await h.sees("STARTED ready c=R#4");
    expect(h.runtime.calls).to.include("start c/4");
  });

  it("forgets a pod on release, folder and backend object", async () => {
    await using h = await Harness.start();
    await h.create(NEVER);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 0 });
    await h.sees("ENDED gone c=T0#0");
    await h.engine.releasePod(UID);
    expect(h.runtime.pods.has(UID)).to.equal(false);
    await h.crash();
    expect(h.observations).to.deep.equal([]);
  });

  it("writes nothing more of a pod that was released while an end was being noted", async () => {
    await using h = await Harness.start();
    await h.create(NEVER);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 0 });
    await h.sees("ENDED gone c=T0#0");
    h.runtime.tellAgain(UID, "c", 0);
    await h.engine.releasePod(UID);
    await h.quiet();
    expect(h.logged).to.deep.equal([]);
  });

  it("ends at the deadline with the kubelet's failure", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(NEVER, { deadline: new Date(h.clock.now() + 30_000) });
    await h.sees("STARTED ready c=R#0");
    await h.advance(30_000);
    await h.sees("STOPPING ready c=R#0");
    await h.advance(5_000);
    await h.sees("ENDED gone c=T137#0");
    expect(h.last.cause).to.equal(TerminationCause.DEADLINE);
    expect(h.last.failure).to.deep.equal({
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });
});

describe("pod engine: stopping", () => {
  it("lets containers end within the grace period and shows their ends together", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("slow", { afterMs: 3000, exitCode: 4 });
    await h.create({ ...ALWAYS, containers: [container("fast"), container("slow")] });
    await h.sees("STARTED ready fast=R#0 slow=R#0");
    await h.stopPod(5);
    await h.advance(0);
    expect(h.state).to.equal("STOPPING ready fast=R#0 slow=R#0");
    await h.advance(3000);
    await h.sees("ENDED gone fast=T0#0 slow=T4#0");
    expect(h.last.cause).to.equal(TerminationCause.USER);
  });

  it("kills at the end of a grace period that became shorter, and keeps the first cause", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(60, StopReason.EVICTED);
    await h.advance(1000);
    await h.stopPod(2);
    await h.stopPod(50);
    await h.advance(1999);
    expect(h.state).to.equal("STOPPING ready c=R#0");
    await h.advance(1);
    await h.sees("ENDED gone c=T137#0");
    expect(h.last.cause).to.equal(TerminationCause.EVICTED);
  });

  it("kills at once with grace 0", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(0);
    await h.advance(0);
    await h.sees("ENDED gone c=T137#0");
    expect(h.runtime.calls).to.include("stop c/0 0");
  });

  it("asks sidecars to end in reverse order after the main containers", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { afterMs: 1000 });
    h.runtime.stopBehaviour.set("s2", { afterMs: 1000 });
    const sidecar = { restartPolicy: "Always" };
    await h.create({ ...ALWAYS, initContainers: [container("s1", sidecar), container("s2", sidecar)] });
    await h.sees("STARTED ready s1=R#0 s2=R#0 c=R#0");
    await h.stopPod(10);
    await h.advance(1000);
    await h.advance(1000);
    await h.advance(0);
    await h.sees("ENDED gone s1=T0#0 s2=T0#0 c=T0#0");
    expect(h.runtime.calls.filter((call) => call.startsWith("stop "))).to.deep.equal([
      "stop c/0 10000",
      "stop s2/0 9000",
      "stop s1/0 8000",
    ]);
  });

  it("gives a sidecar whose turn comes at the very end two seconds", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    h.runtime.stopBehaviour.set("s", { isDeaf: true });
    await h.create({ ...ALWAYS, initContainers: [container("s", { restartPolicy: "Always" })] });
    await h.sees("STARTED ready s=R#0 c=R#0");
    await h.stopPod(5);
    await h.advance(0);
    await h.advance(5000);
    expect(h.runtime.calls).to.include("stop s/0 2000");
    await h.advance(2000);
    await h.sees("ENDED gone s=T137#0 c=T137#0");
  });

  it("gives up a pull when the pod is stopped, and starts nothing", async () => {
    await using h = await Harness.start();
    const { promise, reject } = Promise.withResolvers<void>();
    h.runtime.onImage = async () => await promise;
    await h.create(ALWAYS);
    await h.sees("PREPARING ready c=ContainerCreating#0");
    await h.stopPod(5);
    reject(new Error("aborted"));
    await h.sees("ENDED gone c=ContainerCreating#0");
    expect(h.runtime.calls.filter((call) => call.startsWith("start "))).to.deep.equal([]);
  });

  it("shows the last end of a container in back-off when the pod is stopped", async () => {
    await using h = await Harness.start();
    h.runtime.onStart = () => {
      throw new RuntimeError("RunContainerError", "no such file");
    };
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=RunContainerError#1<128");
    await h.stopPod(1);
    await h.sees("ENDED gone c=T128#1<128");
  });
});

describe("pod engine: answers", () => {
  it("refuses to release a pod that has not ended", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    const error: unknown = await h.engine.releasePod(UID).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("reason", "STILL_RUNNING");
  });

  it("refuses a manifest that is no pod, without quoting it", async () => {
    await using h = await Harness.start();
    const bad = { ...order(ALWAYS), manifest: { json: Buffer.from('{"secret":"s3cr3t"}') } };
    const error: unknown = await h.engine.createPod(bad).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("reason", "BAD_REQUEST");
    expect(String(error)).not.to.contain("s3cr3t");
  });
});

describe("pod engine: back-off", () => {
  it("is over at once when the container gets another image", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    h.runtime.exit(UID, "c", 1, { exitCode: 1 });
    await h.sees("STARTED ready c=T1+#1<1");
    await h.quiet();
    const { manifest, inputs } = order({ ...ALWAYS, containers: [container("c", { image: "better" })] });
    const digest = new Uint8Array(32).fill(1);
    const update = UpdatePodRequest.fromPartial({
      uid: UID,
      inputs,
      inputVersion: 2n,
      specRevision: 2n,
      specDigest: digest,
    });
    await h.engine.updatePod?.({ ...update, manifest });
    await h.until(() => h.state.includes("c=R#2"), "it runs again");
    expect(h.runtime.specOf(UID, "c").image).to.equal("better");
  });

  it("begins anew after ten minutes of running", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    await h.advance(601_000);
    h.runtime.exit(UID, "c", 1, { exitCode: 1 });
    await h.sees("STARTED ready c=R#2<1");
  });
});
