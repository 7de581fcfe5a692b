/** Pods and containers on real engines: what runs, how it ends, what is left. */
import { readFileSync, statSync } from "node:fs";
import { expect } from "chai";
import { RuntimeError } from "@outboard/provider-sdk";
import { BUSYBOX_IMAGE } from "@outboard/runtimes";
import { eventually } from "@outboard/provider-sdk/testing";
import { describeEngines } from "../testing/engines.js";

async function failure(promise: Promise<unknown>): Promise<RuntimeError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RuntimeError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describeEngines("pods on a container engine", import.meta.filename, (stage) => {
  it("gives a pod an address, its host name and its hosts file, shared by its containers", async () => {
    const { world } = stage;
    const spec = world.sandbox({ resolvConf: "nameserver 192.0.2.7\n" });
    const { id, podIPs } = await world.runtime.createSandbox(spec);
    const pod = { ...spec, sandboxId: id };
    const [address = ""] = podIPs;
    expect(address).to.match(/^\d+\.\d+\.\d+\.\d+$/);
    const look = "hostname; cat /etc/hosts /etc/resolv.conf; ip -4 addr show eth0 | grep -o 'inet [0-9.]*'";
    for (const name of ["one", "two"]) await world.runtime.startContainer(world.container(pod, look, { name }));
    for (const name of ["one", "two"]) {
      await world.end(pod.uid, name);
      expect(world.output(pod, name)).to.equal(
        `pod-host\n127.0.0.1\tlocalhost\n${address}\tpod-host\nnameserver 192.0.2.7\ninet ${address}`,
      );
    }
    await world.runtime.removePod(pod.uid);
  });

  it("keeps command, arguments, environment and folder as they are", async () => {
    const { output } = await stage.world.run("", {
      command: ["sh", "-c", 'printf "%s|" "$@"; echo "$MULTI$EMPTY"; pwd', "sh"],
      args: ["a b", "'c'", '"d"', "$e", ""],
      env: [
        ["MULTI", Buffer.from("x\ny=z ü")],
        ["EMPTY", Buffer.from("")],
      ],
      workingDir: "/tmp",
    });
    expect(output).to.equal(`a b|'c'|"d"|$e||x\ny=z ü\n/tmp`);
  });

  it("tells exit codes, with times", async () => {
    const { exit } = await stage.world.run("exit 7");
    expect(exit).to.include({ exitCode: 7, reason: "" });
    expect(exit.finishedAt).to.be.within((exit.startedAt ?? 0) - 1000, Date.now() + 1000);
  });

  it("tells of a container that took too much memory", async () => {
    const resources = { requests: new Map(), limits: new Map([["memory", String(16 * 1024 * 1024)]]) };
    const { exit } = await stage.world.run("tail /dev/zero", { resources });
    // Podman 4.3 does not say why.
    expect(exit).to.include({ exitCode: 137, reason: stage.name === "docker" ? "OOMKilled" : "" });
  });

  it("refuses a command that is not there as an instance that could not run, and leaves nothing", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const error = await failure(world.runtime.startContainer(world.container(pod, "", { command: ["no-such-thing"] })));
    expect(error.reason).to.equal("RunContainerError");
    expect(error.message).to.contain("no-such-thing");
    expect((await world.containers()).filter((name) => name.includes(pod.uid))).to.have.length(1);
    await world.runtime.removePod(pod.uid);
    expect((await world.containers()).filter((name) => name.includes(pod.uid))).to.deep.equal([]);
  });

  it("refuses to run as root where the pod forbids it, in the kubelet's words", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const spec = world.container(pod, "id", { securityContext: { runAsNonRoot: true } });
    const error = await failure(world.runtime.startContainer(spec));
    expect(error.reason).to.equal("CreateContainerConfigError");
    expect(error.message).to.equal(
      `container has runAsNonRoot and image will run as root (pod: "pod_default(${pod.uid})", container: main)`,
    );
    await world.runtime.removePod(pod.uid);
  });

  it("sets user, groups, capabilities, privileges and a read-only root", async () => {
    const { output } = await stage.world.run(
      "id -u; id -g; id -G; grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status | tr -d '\\t'; touch /x 2>&1",
      {
        securityContext: {
          runAsUser: 1234,
          runAsGroup: 2345,
          supplementalGroups: [3456],
          fsGroup: 4567,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"], add: ["CHOWN"] },
        },
      },
    );
    expect(output).to.equal(
      "1234\n2345\n2345 3456 4567\nCapBnd:0000000000000001\nNoNewPrivs:1\ntouch: /x: Read-only file system",
    );
  });

  it("mounts volumes, read-only where asked, and takes a termination message", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const spec = world.container(pod, "echo hi >/data/f; echo no >/fixed/f; echo bye >/dev/termination-log", {
      mounts: [
        { volume: "data", source: pod.folder, mountPath: "/data", readOnly: false },
        { volume: "fixed", source: pod.folder, mountPath: "/fixed", readOnly: true },
      ],
    });
    const { mounts } = await world.runtime.startContainer(spec);
    await world.end(pod.uid);
    expect(readFileSync(`${pod.folder}/f`, "utf8")).to.equal("hi\n");
    expect(readFileSync(spec.terminationMessageFile, "utf8")).to.equal("bye\n");
    expect(mounts?.map(({ mountPath, readOnly }) => [mountPath, readOnly])).to.deep.equal([
      ["/data", false],
      ["/fixed", true],
    ]);
    await world.runtime.removePod(pod.uid);
  });

  it("asks a container to end, and kills it when its time is up", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const polite = world.container(pod, "trap 'echo told; exit 9' TERM; while :; do sleep 0.1; done", {
      name: "polite",
    });
    const deaf = world.container(pod, "trap '' TERM; echo ready; while :; do sleep 0.1; done", { name: "deaf" });
    await world.runtime.startContainer(polite);
    await world.runtime.startContainer(deaf);
    await eventually(() => world.log(pod, "deaf").length === 1);
    await Promise.all([
      world.runtime.stopContainer(pod.uid, "polite", 0, { graceMs: 10_000 }),
      world.runtime.stopContainer(pod.uid, "deaf", 0, { graceMs: 500 }),
    ]);
    expect((await world.end(pod.uid, "polite")).exit.exitCode).to.equal(9);
    expect((await world.end(pod.uid, "deaf")).exit.exitCode).to.equal(137);
    expect(world.output(pod, "polite")).to.equal("told");
    await world.runtime.removePod(pod.uid);
  });

  it("lets a nearer end time hold for calls that wait", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "trap '' TERM; echo ready; while :; do sleep 0.1; done"));
    await eventually(() => world.log(pod).length === 1);
    const first = world.runtime.stopContainer(pod.uid, "main", 0, { graceMs: 3_600_000 });
    await world.runtime.stopContainer(pod.uid, "main", 0, { graceMs: 0 });
    await first;
    expect((await world.end(pod.uid)).exit.exitCode).to.equal(137);
    await world.runtime.removePod(pod.uid);
  });

  it("shares processes where asked, and reaps what is left to the infra container", async () => {
    const text = "(sleep 0.2 & ) ; sleep 0.6; ps -o pid,stat,comm | grep -c Z; ps -o args | grep -c '^/sleep'";
    const { output } = await stage.world.run(text, {}, { shareProcessNamespace: true });
    expect(output).to.equal("0\n1");
  });

  it("writes both streams as a log that only the engine can read, long lines in parts", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const text = "echo out; echo err >&2; head -c 40000 /dev/zero | tr '\\0' x; echo; printf end";
    await world.runtime.startContainer(world.container(pod, text));
    await world.end(pod.uid);
    const lines = world.log(pod);
    for (const line of lines) expect(line).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr) [FP] /);
    expect(lines.some((line) => line.endsWith(" stdout F out"))).to.equal(true);
    expect(lines.some((line) => line.endsWith(" stderr F err"))).to.equal(true);
    const long = lines.flatMap((line) => /stdout P (x+)$/.exec(line)?.[1] ?? []);
    expect(long.length).to.be.above(1);
    expect(lines.flatMap((line) => /stdout [FP] (x+)$/.exec(line)?.[1] ?? []).join("")).to.have.length(40_000);
    expect(lines.at(-1)).to.match(/ end$/);
    expect(statSync(world.container(pod, "").logPath).mode & 0o007).to.equal(0);
    await world.runtime.removePod(pod.uid);
  });

  it("writes every byte as it came, also where it is no text", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "printf '\\377\\200\\303(\\n'"));
    await world.end(pod.uid);
    const log = readFileSync(world.container(pod, "").logPath);
    expect(log.subarray(log.lastIndexOf(" F ") + 3).toString("hex")).to.equal("ff80c3280a");
    await world.runtime.removePod(pod.uid);
  });

  it("pulls by policy, and says why it cannot", async () => {
    const { runtime } = stage.world;
    const { signal } = new AbortController();
    const there = await runtime.ensureImage(BUSYBOX_IMAGE, "IfNotPresent", [], signal);
    expect(there.pulled).to.equal(false);
    expect(there.imageId).to.contain("@sha256:");
    expect((await runtime.ensureImage(BUSYBOX_IMAGE, "Always", [], signal)).pulled).to.equal(true);
    const never = await failure(runtime.ensureImage("registry.k8s.io/not-there:1", "Never", [], signal));
    expect(never.reason).to.equal("ErrImageNeverPull");
    const missing = await failure(runtime.ensureImage("registry.k8s.io/not-there:1", "Always", [], signal));
    expect(missing.reason).to.equal("ErrImagePull");
    expect(missing.message).to.match(/manifest|not found/);
    expect((await failure(runtime.ensureImage("Not A Name", "Always", [], signal))).reason).to.equal(
      "InvalidImageName",
    );
  });
});
