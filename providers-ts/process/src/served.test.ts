/** The whole provider as a process: what its strict umask, its death and its new start mean for pods. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StopReason, type StatusError } from "@outboard/contract";
import { memoryFolder } from "@outboard/provider-sdk";
import { expect } from "chai";
import { fileOf, type PodText, eventually } from "@outboard/provider-sdk/testing";
import { inspectMachine } from "./machine/machine.js";
import { hostProbe } from "./machine/probe.js";
import { startProvider } from "./testing/served-provider.js";

const machine = inspectMachine(hostProbe(), {
  isolation: "auto",
  network: "host",
  cgroups: "none",
  groupName: "outboard-served-test",
});

function podOf(script: string, fields: Readonly<Record<string, unknown>> = {}, container = {}): PodText {
  const main = { name: "main", image: "host", command: ["sh", "-c", script], ...container };
  return { restartPolicy: "Never", terminationGracePeriodSeconds: 1, ...fields, containers: [main] };
}

describe("volumes of a provider with a strict umask", function () {
  this.timeout(30_000);

  it("are usable for any user: read-only where they come as files, else writable, with fsGroup and owners", async function () {
    if (machine.isolation !== "root" || !machine.privileges) return this.skip();
    await using provider = await startProvider();
    using gateway = await provider.gateway();
    const uid = randomUUID();
    const script = [
      "cat /cfg/d/color /one/color /sec/key /own",
      "for f in /cfg/x /cfg/d/color /one/color /sec/x; do (: >>$f) 2>/dev/null && echo writable || echo read-only; done",
      "echo hi >/data/f && echo hi >/part/f && cat /data/f /data/s/t/f; stat -c '%g %a' /data /data/f /part /cfg/. /sec/.",
      "stat -L -c '%u %g %a' /own /sec/key; stat -f -c %T /sec; echo bye >/dev/termination-log",
    ];
    const mounts = [
      { name: "cfg", mountPath: "/cfg" },
      { name: "cfg", mountPath: "/one", subPath: "d" },
      { name: "own", mountPath: "/own", subPath: "f" },
      { name: "sec", mountPath: "/sec" },
      { name: "data", mountPath: "/data" },
      { name: "data", mountPath: "/part", subPath: "s/t" },
    ];
    const volumes = [
      { name: "cfg", configMap: {} },
      { name: "own", configMap: {} },
      { name: "sec", secret: {} },
      { name: "data", emptyDir: {} },
    ];
    const securityContext = { runAsUser: 1234, runAsGroup: 1234, fsGroup: 2345 };
    await gateway.create(uid, podOf(script.join("\n"), { volumes, securityContext }, { volumeMounts: mounts }), {
      files: {
        cfg: [fileOf("d/color", "blue\n")],
        own: [fileOf("f", "mine\n", { mode: 0o400, uid: 1234 })],
        sec: [fileOf("key", "secret\n", { mode: 0o440, gid: 2345, sensitive: true })],
      },
    });
    const { containers } = await gateway.ended(uid);
    const lines = [
      "blue\nblue\nsecret\nmine",
      "read-only\nread-only\nread-only\nread-only",
      "hi\nhi\n2345 2777\n2345 644\n2345 2777\n2345 2777\n2345 3777",
      "1234 0 400\n0 2345 440\ntmpfs\n",
    ];
    expect(provider.output(uid, "main")).to.equal(lines.join("\n"));
    const [main] = containers;
    expect(main?.state?.$case === "terminated" ? main.state.value.message : undefined).to.equal("bye\n");
    expect(main?.mounts.map(({ mountPath, readOnly }) => [mountPath, readOnly])).to.have.deep.members([
      ["/cfg", true],
      ["/one", true],
      ["/own", true],
      ["/sec", true],
      ["/data", false],
      ["/part", false],
    ]);
  });
});

describe("a provider that was killed", function () {
  this.timeout(30_000);

  it("goes on without a gateway: restarts a container with its environment, and leaves nothing at the end", async function () {
    const provider = await startProvider();
    const memory = memoryFolder("process", provider.state);
    if (machine.isolation === "none" || memory === undefined) {
      await provider[Symbol.asyncDispose]();
      return this.skip();
    }
    {
      await using _ = provider;
      const uid = randomUUID();
      const script = "echo $WORD; while [ ! -e /data/go ]; do sleep 0.1; done; rm /data/go; exit 3";
      const volumes = [
        { name: "data", emptyDir: {} },
        { name: "sec", secret: {} },
      ];
      const volumeMounts = [
        { name: "data", mountPath: "/data" },
        { name: "sec", mountPath: "/sec" },
      ];
      {
        using gateway = await provider.gateway();
        await gateway.create(uid, podOf(script, { restartPolicy: "Always", volumes }, { volumeMounts }), {
          env: { WORD: "canary-5a1" },
          files: { sec: [fileOf("key", "canary-5a1", { sensitive: true })] },
        });
        await eventually(() => provider.output(uid, "main") === "canary-5a1\n");
      }
      expect(statSync(memory).mode & 0o777).to.equal(0o700);
      // Mounted where that is possible.
      const places = [join(memory, `${uid}.volumes`), join(provider.state, "engine/pods", uid, "volumes")];
      const keys = places.map((place) => join(place, "sec/key")).filter((path) => existsSync(path));
      expect(keys.map((path) => [readFileSync(path, "utf8"), isInMemory(path)])).to.deep.equal([["canary-5a1", true]]);
      const onDisk = filesBelow(provider.state).filter((path) => !isInMemory(path));
      expect(onDisk.filter((path) => readFileSync(path).includes("canary-5a1"))).to.deep.equal(
        // What the container printed is its own business.
        [join(provider.state, "engine/pods", uid, "logs/main/0.log")],
      );
      await provider.end("SIGKILL");
      await provider.start();
      writeFileSync(join(provider.state, "engine/pods", uid, "volumes/data/go"), "");
      await eventually(() => provider.output(uid, "main", 1) === "canary-5a1\n");
    }
    expect([memory, provider.folder].map((path) => existsSync(path))).to.deep.equal([false, false]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.to.contain(provider.folder);
  });

  it("goes on without a gateway: ends what was ordered to end, and what is past its deadline", async () => {
    await using provider = await startProvider();
    const [stopped, late] = [randomUUID(), randomUUID()];
    {
      using gateway = await provider.gateway();
      const deaf = podOf("trap '' TERM; echo up; while :; do sleep 0.1; done");
      await gateway.create(stopped, deaf);
      await gateway.create(late, deaf, { deadline: new Date(Date.now() + 3000) });
      await eventually(() => [stopped, late].every((uid) => provider.output(uid, "main") === "up\n"));
      await gateway.pods.stopPod({ uid: stopped, graceSeconds: 1, reason: StopReason.USER }, gateway.options);
    }
    await provider.end("SIGKILL");
    await provider.start();
    await eventually(() => [stopped, late].every((uid) => provider.hasEnded(uid)));
    using gateway = await provider.gateway();
    const ends = await Promise.all([stopped, late].map(async (uid) => await gateway.ended(uid)));
    expect(ends.map(({ containers }) => containers[0]?.state?.value)).to.have.nested.property("[0].exitCode", 137);
  });

  it("serves the node that it served before, and no other", async () => {
    await using provider = await startProvider();
    (await provider.gateway("node"))[Symbol.dispose]();
    await provider.end("SIGKILL");
    await provider.start();
    const error: unknown = await provider.gateway("other").catch((thrown: unknown) => thrown);
    expect((error as StatusError).reason).to.equal("WRONG_OWNER");
    (await provider.gateway("node"))[Symbol.dispose]();
  });
});

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isInMemory(path: string): boolean {
  const tmpfs = 0x01_02_19_94;
  return statfsSync(path).type === tmpfs;
}
