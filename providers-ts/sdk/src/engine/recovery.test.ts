import { expect } from "chai";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CrashMoment, crashAt } from "./testing/crash-point.js";
import { container, Harness, inputsFor, order, UID } from "./testing/harness.js";
import { tempFolder } from "./testing/temp-folder.js";

const ALWAYS = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c")] };
const ONCE = { ...ALWAYS, restartPolicy: "Never" };

describe("pod engine: after the death of its process", () => {
  it("keeps running containers and asks for the inputs, without starting anything", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.crash();
    expect(h.isComplete).to.equal(true);
    await h.sees("STARTED ready needs-inputs c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready needs-inputs c=T1+#0");
    await h.create(ALWAYS, { inputVersion: 2n });
    await h.sees("STARTED ready c=R#1<1");
    expect(h.last.inputVersion).to.equal(2n);
  });

  it("asks for nothing when no container can start again", async () => {
    await using h = await Harness.start();
    await h.create(ONCE);
    await h.sees("STARTED ready c=R#0");
    await h.crash();
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 4 });
    await h.sees("ENDED gone c=T4#0");
  });

  it("keeps exit codes of ends that nobody saw", async () => {
    await using h = await Harness.start();
    await h.create(ONCE);
    await h.sees("STARTED ready c=R#0");
    h.runtime.forgetListener();
    h.runtime.exit(UID, "c", 0, { exitCode: 42 });
    await h.crash();
    await h.sees("ENDED gone c=T42#0");
  });

  it("shows an instance that is gone without an exit code", async () => {
    await using h = await Harness.start();
    await h.create(ONCE);
    await h.sees("STARTED ready c=R#0");
    h.runtime.pods.get(UID)?.containers.splice(0);
    await h.crash();
    await h.sees("ENDED gone c=T?#0");
    const [shown] = h.last.containers;
    expect(shown?.state?.value).to.deep.include({ reason: "ContainerStatusUnknown", exitCode: undefined });
  });

  it("goes on ending a pod that was being stopped, to the same end time", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(10);
    await h.advance(4000);
    await h.crash();
    await h.sees("STOPPING ready c=R#0");
    await h.until(() => h.runtime.calls.includes("stop c/0 6000"), "the rest of the grace period");
    await h.advance(6000);
    await h.sees("ENDED gone c=T137#0");
  });

  it("lets containers hear that they end when their time ran out while nobody was there to tell them", async () => {
    await using h = new Harness();
    h.view = (runtime) => crashAt(runtime, { call: 3, moment: "before" }, () => {});
    h.remake();
    await h.startEngine();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(10);
    await h.advance(60_000);
    expect(h.runtime.calls.filter((call) => call.startsWith("stop c/0"))).to.deep.equal([]);
    h.view = (runtime) => runtime;
    await h.crash();
    await h.until(() => h.runtime.calls.includes("stop c/0 2000"), "the least time");
    await h.advance(2000);
    await h.sees("ENDED gone c=T0#0");
  });

  it("keeps an ended pod until its release", async () => {
    await using h = await Harness.start();
    await h.create(ONCE);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 5 });
    await h.sees("ENDED gone c=T5#0");
    await h.crash();
    await h.sees("ENDED gone c=T5#0");
    expect(h.last.specDigest).to.deep.equal(new Uint8Array(32));
  });

  it("keeps the back-off", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    h.runtime.exit(UID, "c", 1, { exitCode: 1 });
    await h.sees("STARTED ready c=T1+#1<1");
    await h.crash();
    await h.create(ALWAYS);
    await h.advance(9_000);
    expect(h.runtime.calls).not.to.include("start c/2");
    await h.advance(1_000);
    await h.sees("STARTED ready c=R#2<1");
  });

  it("makes a lost sandbox anew and begins with the init containers", async () => {
    await using h = await Harness.start();
    await h.create({ ...ALWAYS, initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 0 });
    await h.until(() => h.state.includes("c=R#0"), "main runs");
    h.runtime.pods.delete(UID);
    await h.crash();
    await h.create({ ...ALWAYS, initContainers: [container("i")] });
    await h.until(() => h.state.includes("i=R#1"), "init runs again");
    h.runtime.exit(UID, "i", 1, { exitCode: 0 });
    await h.sees("STARTED ready i=T0#1<0 c=R#1<?");
  });

  it("shows objects whose records are lost, takes them over with new inputs, and can end them", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    rmSync(h.folder, { recursive: true });
    await h.crash();
    await h.sees("STARTED ready needs-inputs c=R#0");
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    expect(h.last).to.deep.include({ name: "p", namespace: "ns", needsInputs: false });
    rmSync(h.folder, { recursive: true });
    await h.crash();
    await h.stopPod(0);
    await h.advance(0);
    await h.sees("ENDED gone c=T137#0");
  });

  it("does not start while the backend cannot be asked, and can be started again", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    h.runtime.isDown = true;
    const error: unknown = await h.crash().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(h.observations).to.deep.equal([]);
    h.runtime.isDown = false;
    await h.startEngine();
    await h.sees("STARTED ready needs-inputs c=R#0");
  });
});

describe("pod engine: what is on disk", () => {
  it("is private, and holds no inputs", async () => {
    await using h = await Harness.start();
    const env = [
      { name: "PASSWORD", value: { parts: [{ part: { $case: "literal", value: Buffer.from("canary-7f3") } }] } },
    ];
    const inputs = inputsFor(ALWAYS);
    const [first] = inputs.containers;
    if (first === undefined) throw new Error("no container in the inputs");
    const literal = env as unknown as typeof first.env;
    await h.create(ALWAYS, { inputs: { ...inputs, containers: [{ ...first, env: literal }] } });
    await h.sees("STARTED ready c=R#0");
    expect(statSync(join(h.folder, "pods", UID)).mode & 0o777).to.equal(0o700);
    const files = readdirSync(h.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).to.be.greaterThan(1);
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name), "utf8")).not.to.contain("canary-7f3");
    }
  });

  it("with a folder in memory keeps inputs across a restart, and removes them at the end", async () => {
    using inputsTemp = tempFolder();
    const inputsFolder = inputsTemp.path;
    await using h = await Harness.start({ inputsFolder });
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    await h.crash();
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(0);
    await h.advance(0);
    await h.sees("ENDED gone c=T137#0");
    expect(existsSync(inputsFolder)).to.equal(false);
  });

  it("refuses a UID that is no name for a folder", async () => {
    await using h = await Harness.start();
    const error: unknown = await h.engine
      .createPod({ ...order(ALWAYS), uid: "../x" })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(existsSync(join(h.folder, "x"))).to.equal(false);
  });
});

describe("pod engine: a disk that refuses", () => {
  it("answers that the backend is not available, keeps nothing half done, and works again later", async () => {
    await using h = await Harness.start();
    const pods = join(h.folder, "pods");
    rmSync(pods, { recursive: true });
    writeFileSync(pods, "in the way");
    const error: unknown = await h.engine.createPod(order(ALWAYS)).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("reason", "BACKEND_UNAVAILABLE");
    expect(h.observations).to.deep.equal([]);
    rmSync(pods);
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
  });

  it("leaves nothing of a pod whose order it could not write", async () => {
    await using h = await Harness.start();
    const folder = join(h.folder, "pods", UID);
    mkdirSync(join(folder, ".manifest.json.new"), { recursive: true });
    const error: unknown = await h.engine.createPod(order(ALWAYS)).catch((thrown: unknown) => thrown);
    expect(error).to.have.property("reason", "BACKEND_UNAVAILABLE");
    expect(existsSync(folder)).to.equal(false);
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
  });

  it("tells of no end before it is written", async () => {
    await using h = await Harness.start();
    await h.create(ALWAYS);
    await h.sees("STARTED ready c=R#0");
    const folder = join(h.folder, "pods", UID);
    renameSync(folder, `${folder}.away`);
    h.runtime.exit(UID, "c", 0, { exitCode: 6 });
    await h.quiet();
    expect(h.state).to.equal("STARTED ready c=R#0");
    renameSync(`${folder}.away`, folder);
    await h.advance(1000);
    await h.sees("STARTED ready c=R#1<6");
    expect(h.history.slice(-2)).to.deep.equal(["STARTED ready c=T6+#0", "STARTED ready c=R#1<6"]);
  });
});

describe("pod engine: killed while its disk is full", () => {
  it("has all pods, as they were written last, and tells the rest once it is written", async () => {
    await using h = await Harness.start();
    await h.create(ONCE);
    await h.sees("STARTED ready c=R#0");
    const inTheWay = join(h.folder, "pods", UID, ".record.json.new");
    mkdirSync(inTheWay);
    h.runtime.forgetListener();
    h.runtime.exit(UID, "c", 0, { exitCode: 6 });
    await h.crash();
    expect(h.isComplete).to.equal(true);
    await h.quiet();
    expect(h.history).to.deep.equal(["STARTED ready c=R#0"]);
    rmSync(inTheWay, { recursive: true });
    await h.advance(1000);
    await h.sees("ENDED gone c=T6#0");
  });
});

describe("pod engine: killed at any call to the runtime", () => {
  const spec = {
    restartPolicy: "OnFailure",
    terminationGracePeriodSeconds: 5,
    initContainers: [container("i"), container("s", { restartPolicy: "Always" })],
    containers: [container("c")],
  };
  const script: Readonly<Record<string, number>> = { "i/0": 0, "c/0": 3, "c/1": 0 };

  for (const moment of ["before", "after"] satisfies CrashMoment[]) {
    for (let call = 0; call < 11; call += 1) {
      it(`loses and doubles nothing: ${moment} call ${call}`, async () => {
        using inputsTemp = tempFolder();
        const inputsFolder = inputsTemp.path;
        await using h = new Harness({ inputsFolder });
        let isReached = false;
        h.view = (runtime) => crashAt(runtime, { call, moment }, () => (isReached = true));
        h.remake();
        await h.startEngine();
        await h.create(spec);
        await drive(h, () => isReached);
        expect(isReached).to.equal(true);
        h.view = (runtime) => runtime;
        await h.crash();
        await drive(h, () => h.state.startsWith("ENDED"));
        expect(h.state).to.match(/^ENDED gone i=T0#0 s=T0#0 c=T0#1<3$/);
        const starts = h.runtime.started.toSorted();
        expect(starts).to.deep.equal(["c/0", "c/1", "i/0", "s/0"]);
      });
    }
  }

  async function drive(h: Harness, isDone: () => boolean): Promise<void> {
    for (let round = 0; round < 40 && !isDone(); round += 1) {
      for (const [key, exitCode] of Object.entries(script)) {
        const [name = "", attempt = ""] = key.split("/");
        h.runtime.exit(UID, name, Number(attempt), { exitCode });
      }
      await h.advance(0);
    }
  }
});

describe("pod engine: killed at any call while it stops a pod", () => {
  const spec = {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 5,
    initContainers: [container("s", { restartPolicy: "Always" })],
    containers: [container("c")],
  };
  /** sandbox, two images and starts come before. */
  const FIRST_CALL_OF_STOP = 5;

  for (const moment of ["before", "after"] satisfies CrashMoment[]) {
    for (let call = FIRST_CALL_OF_STOP; call < FIRST_CALL_OF_STOP + 3; call += 1) {
      it(`ends it all the same, with its exit codes: ${moment} call ${call}`, async () => {
        await using h = new Harness();
        const point = { isReached: false };
        h.view = (runtime) => crashAt(runtime, { call, moment }, () => (point.isReached = true));
        h.remake();
        await h.startEngine();
        h.runtime.stopBehaviour.set("c", { exitCode: 4 });
        h.runtime.stopBehaviour.set("s", { exitCode: 5 });
        await h.create(spec);
        await h.sees("STARTED ready s=R#0 c=R#0");
        await h.stopPod(9);
        for (let round = 0; round < 9 && !point.isReached; round += 1) await h.advance(0);
        expect(point.isReached).to.equal(true);
        h.view = (runtime) => runtime;
        await h.crash();
        for (let round = 0; round < 9 && !h.state.startsWith("ENDED"); round += 1) await h.advance(0);
        expect(h.state).to.equal("ENDED gone s=T5#0 c=T4#0");
        expect(h.runtime.started.toSorted()).to.deep.equal(["c/0", "s/0"]);
      });
    }
  }

  it("begins nothing again when it was killed between the sandbox and the end", async () => {
    await using h = new Harness();
    const point = { isReached: false };
    h.view = (runtime) => crashAt(runtime, { call: 3, moment: "after" }, () => (point.isReached = true));
    h.remake();
    await h.startEngine();
    await h.create({ ...spec, initContainers: [container("i", { restartPolicy: "Never" })] });
    await h.until(() => h.observations.length > 0 && h.state.includes("i=R#0"), "init runs");
    h.runtime.exit(UID, "i", 0, { exitCode: 1 });
    await h.until(() => point.isReached, "the sandbox is gone");
    h.view = (runtime) => runtime;
    await h.crash();
    await h.sees("ENDED gone i=T1#0 c=PodInitializing#0");
    expect(h.runtime.calls.filter((text) => text.startsWith("createSandbox"))).to.have.length(1);
  });
});
