import { LogsRequest, StopReason } from "@outboard/contract";
import { expect } from "chai";
import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatCriLine } from "./logs/cri-line.js";
import { RuntimeError, type RuntimeStats } from "./runtime.js";
import { container, Harness, UID } from "./testing/harness.js";

const POD = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c")] };
const USER = { uid: 7n, gid: 8n, supplementalGroups: [9n] };

function write(h: Harness, text: string): void {
  const entry = { timeUnixNano: 1n, stream: "stdout", isPartial: false, data: Buffer.from(text) } as const;
  appendFileSync(h.runtime.specOf(UID, "c").logPath, formatCriLine(entry));
}

async function logsOf(h: Harness, fields: Partial<LogsRequest> = {}): Promise<string> {
  const request = LogsRequest.fromPartial({ uid: UID, container: "c", ...fields });
  let text = "";
  for await (const { data } of h.engine.logs?.(request, { signal: AbortSignal.timeout(5000) }) ?? []) {
    text += Buffer.from(data).toString();
  }
  return text;
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "none",
    (error: unknown) => (error as { readonly reason?: string }).reason,
  );
}

describe("pod engine: logs", () => {
  it("are those of the latest instance; previous those of its last termination, in back-off the latest again", async () => {
    await using h = await Harness.start();
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    write(h, "first");
    expect(await reasonOf(logsOf(h, { previous: true }))).to.equal("CONTAINER");
    h.runtime.exit(UID, "c", 0, { exitCode: 1 });
    await h.sees("STARTED ready c=R#1<1");
    write(h, "second");
    expect(await logsOf(h)).to.equal("second\n");
    expect(await logsOf(h, { previous: true })).to.equal("first\n");
    h.runtime.exit(UID, "c", 1, { exitCode: 1 });
    await h.sees("STARTED ready c=T1+#1<1");
    await h.quiet();
    expect(await reasonOf(logsOf(h, { previous: true }))).to.equal("CONTAINER");
    await h.advance(0);
    await h.engine.updateInputs({ uid: UID, inputs: undefined, inputVersion: 2n });
    await h.sees("STARTED ready c=CrashLoopBackOff#1<1");
    expect(await logsOf(h, { previous: true })).to.equal("second\n");
    expect(await logsOf(h)).to.equal("second\n");
  });

  it("keeps of what has ended the last instance, also after the end until the release", async () => {
    await using h = await Harness.start();
    await h.create({ ...POD, restartPolicy: "OnFailure" });
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await h.until(() => h.observations.length > 0 && h.state.includes(`c=R#${attempt}`), `instance ${attempt}`);
      write(h, `instance ${attempt}`);
      h.runtime.exit(UID, "c", attempt, { exitCode: attempt === 3 ? 0 : 1 });
      await h.quiet();
      if (attempt > 0) await h.advance(40_000);
    }
    await h.sees("ENDED gone c=T0#3<1");
    const folder = dirname(h.runtime.specOf(UID, "c").logPath);
    expect(readdirSync(folder).toSorted()).to.deep.equal(["3.log"]);
    const removed = h.runtime.calls.filter((call) => call.startsWith("remove"));
    expect(removed).to.deep.equal(["remove c/0", "remove c/1", "remove c/2"]);
    expect(await logsOf(h, { follow: true })).to.equal("instance 3\n");
    expect(await reasonOf(logsOf(h, { previous: true }))).to.equal("CONTAINER");
  });

  it("gives back the disk of a pod that was evicted", async () => {
    await using h = await Harness.start();
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    write(h, "much");
    const logs = dirname(h.runtime.specOf(UID, "c").logPath);
    await h.engine.stopPod(UID, 0, StopReason.EVICTED);
    await h.advance(0);
    await h.until(() => h.state.startsWith("ENDED"), "end");
    expect(h.runtime.calls.filter((call) => call.startsWith("remove"))).to.deep.equal(["remove c/0"]);
    expect(readdirSync(logs)).to.deep.equal([]);
    expect(await reasonOf(logsOf(h))).to.equal("CONTAINER");
  });

  it("are empty of an instance that could not run", async () => {
    await using h = await Harness.start();
    h.runtime.onStart = () => {
      throw new RuntimeError("RunContainerError", "no such file", { user: USER });
    };
    await h.create({ ...POD, restartPolicy: "Never" });
    await h.until(() => h.state.startsWith("ENDED"), "end");
    expect(await logsOf(h)).to.equal("");
    const [shown] = h.observations.at(-1)?.containers ?? [];
    expect(shown?.user).to.deep.equal(USER);
    expect(shown?.state).to.have.nested.property("value.since").that.deep.equals(new Date(0));
  });

  it("refuses a container that never started, one that is not there, and a pod that is not known", async () => {
    await using h = await Harness.start();
    await h.create({ ...POD, initContainers: [container("i")] });
    await h.until(() => h.observations.length > 0 && h.state.includes("i=R"), "init runs");
    expect(await reasonOf(logsOf(h))).to.equal("NOT_RUNNING");
    expect(await reasonOf(logsOf(h, { container: "x" }))).to.equal("CONTAINER");
    expect(await reasonOf(logsOf(h, { uid: "x" }))).to.equal("POD");
  });

  it("are rotated while the instance runs", async () => {
    await using h = await Harness.start({ logRotateBytes: 10, logFiles: 3 });
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    write(h, "one");
    await h.advance(10_000);
    expect(h.runtime.calls).to.include("reopenLog c/0");
    expect(await logsOf(h)).to.equal("one\n");
  });
});

describe("pod engine: commands", () => {
  it("run in the running instance", async () => {
    await using h = await Harness.start();
    await h.create(POD);
    await h.sees("STARTED ready c=R#0");
    h.runtime.onExec = async (_name, command, io) => {
      await io.stdout(Buffer.from(command.join(" ")));
      return { exitCode: 4 };
    };
    const start = {
      uid: UID,
      container: "c",
      command: ["a", "b"],
      tty: false,
      stdin: false,
      stdout: true,
      stderr: true,
    };
    const seen: string[] = [];
    for await (const frame of h.engine.exec?.(start, none(), { signal: AbortSignal.timeout(5000) }) ?? []) {
      seen.push(frame.$case === "stdout" ? String(frame.value) : JSON.stringify(frame.value));
    }
    expect(seen).to.deep.equal(["a b", '{"result":{"$case":"code","value":4}}']);
  });

  it("are refused where the container does not run", async () => {
    await using h = await Harness.start();
    await h.create({ ...POD, restartPolicy: "Never" });
    await h.sees("STARTED ready c=R#0");
    h.runtime.exit(UID, "c", 0, { exitCode: 0 });
    await h.sees("ENDED gone c=T0#0");
    const start = { uid: UID, container: "c", command: ["a"], tty: false, stdin: false, stdout: true, stderr: true };
    const run = async (): Promise<void> => {
      for await (const frame of h.engine.exec?.(start, none(), { signal: AbortSignal.timeout(5000) }) ?? []) void frame;
    };
    expect(await reasonOf(run())).to.equal("NOT_RUNNING");
  });
});

describe("pod engine: usage", () => {
  const OTHER = "22222222-0000-0000-0000-000000000002";

  /** Both pods run; `stats` is the runtime's. */
  async function start(stats: (uid: string) => Promise<RuntimeStats>): Promise<Harness> {
    const h = new Harness({});
    h.view = (runtime) =>
      new Proxy(runtime, {
        get: (target, key) => {
          const value: unknown = key === "stats" ? stats : Reflect.get(target, key);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
    h.remake();
    await h.startEngine();
    for (const uid of [UID, OTHER]) await h.create(POD, { uid });
    await h.sees("STARTED ready c=R#0");
    await h.advance(1000);
    return h;
  }

  async function podsOf(h: Harness): Promise<readonly (string | undefined)[]> {
    const uids: (string | undefined)[] = [];
    const context = { signal: AbortSignal.timeout(5000) };
    for await (const { stats } of h.engine.stats?.({ onlyCpuAndMemory: false }, context) ?? []) {
      uids.push(stats?.$case === "pod" ? stats.value.uid : undefined);
    }
    return uids;
  }

  it("leaves out a pod that cannot be asked", async () => {
    const gone = new Error("gone");
    await using h = await start((uid) => (uid === UID ? Promise.reject(gone) : Promise.resolve({ containers: [] })));
    expect(await podsOf(h)).to.deep.equal([OTHER]);
  });

  it("gives cpu and memory alone where only they are asked for", async () => {
    const interfaces = [{ name: "eth0", rxBytes: 1n, txBytes: 2n, rxErrors: undefined, txErrors: undefined }];
    await using h = await start(() =>
      Promise.resolve({ containers: [{ name: "c", cpuUsageNanos: 7n, rootfsUsedBytes: 4n }], pod: { interfaces } }),
    );
    const context = { signal: AbortSignal.timeout(5000) };
    for await (const { stats } of h.engine.stats?.({ onlyCpuAndMemory: true }, context) ?? []) {
      if (stats?.$case !== "pod") continue;
      const { containers, network, volumes, ephemeralStorage } = stats.value;
      expect(containers[0]?.cpu?.usageCoreNanoSeconds).to.equal(7n);
      expect([network, volumes, ephemeralStorage, containers[0]?.rootfs]).to.deep.equal([
        undefined,
        [],
        undefined,
        undefined,
      ]);
      return;
    }
    throw new Error("no figures of a pod");
  });

  it("tells what a pod holds on disk: emptyDir volumes, logs, writable layers", async () => {
    await using h = await start(() => Promise.resolve({ containers: [{ name: "c", rootfsUsedBytes: 4_096n }] }));
    const uid = "33333333-0000-0000-0000-000000000003";
    const volumes = [
      { name: "scratch", emptyDir: {} },
      { name: "memory", emptyDir: { medium: "Memory" } },
    ];
    await h.create({ ...POD, volumes }, { uid });
    await h.until(
      () => h.observations.some((each) => each.uid === uid && each.containers[0]?.state?.$case === "running"),
      "a start",
    );
    await h.advance(1000);
    const folder = dirname(dirname(dirname(h.runtime.specOf(uid, "c").logPath)));
    writeFileSync(join(folder, "volumes", "scratch", "file"), Buffer.alloc(1_048_576, 1));
    const context = { signal: AbortSignal.timeout(5000) };
    for await (const { stats } of h.engine.stats?.({ onlyCpuAndMemory: false }, context) ?? []) {
      if (stats?.$case !== "pod" || stats.value.uid !== uid) continue;
      const { containers, ephemeralStorage, volumes: shown } = stats.value;
      expect(shown.map(({ name }) => name)).to.deep.equal(["scratch"]);
      const used = shown[0]?.filesystem?.usedBytes ?? 0n;
      expect(used >= 1_048_576n && used < 1_200_000n, String(used)).to.equal(true);
      expect(containers[0]?.rootfs?.usedBytes).to.equal(4_096n);
      expect(ephemeralStorage?.usedBytes).to.equal(used + (containers[0]?.logs?.usedBytes ?? 0n) + 4_096n);
      return;
    }
    throw new Error("no figures of the pod");
  });

  it("fails when no pod can be asked", async () => {
    await using h = await start(() => Promise.reject(new Error("the runtime sleeps")));
    const error = await podsOf(h).catch((reason: unknown) => reason);
    expect(error).to.have.property("message", "the runtime sleeps");
  });
});

async function* none(): AsyncGenerator<never> {}
