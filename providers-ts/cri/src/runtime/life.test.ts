import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { expect } from "chai";
import { describeEnclosed } from "@outboard/runtimes";
import { RuntimeError } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { NEEDS, VERSIONS, World } from "../testing/world.js";

describeEnclosed({ title: "CriRuntime: life of pods", file: import.meta.filename, needs: NEEDS }, () => {
  for (const version of VERSIONS) {
    describe(version, function () {
      this.timeout(60_000);
      let world: World;

      before(async () => {
        world = await World.open(version);
      });

      after(async () => {
        await world[Symbol.asyncDispose]();
      });

      it("gives a pod an address of its own, its host name and its hosts file", async () => {
        const { output, exit } = await world.run("hostname; cat /etc/hosts; ip -4 addr show eth0 | grep inet");
        expect(exit).to.include({ exitCode: 0, reason: "Completed" });
        const address = /inet (\d+\.\d+\.\d+\.\d+)/.exec(output)?.[1] ?? "none";
        expect(output).to.match(/^pod-host\n127\.0\.0\.1\tlocalhost\n/);
        expect(output).to.contain(`${address}\tpod-host`);
      });

      it("tells exit codes, and counts attempts as it is told", async () => {
        const pod = await world.pod();
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", "sleep 0.1; exit 7"], { attempt: 0 }));
        const first = await world.end(pod.uid, "main", 0);
        expect(first.exit).to.include({ exitCode: 7, reason: "Error" });
        expect(first.exit.finishedAt).to.be.at.least(first.exit.startedAt ?? Number.POSITIVE_INFINITY);
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", "exit 0"], { attempt: 1 }));
        expect((await world.end(pod.uid, "main", 1)).exit).to.include({ exitCode: 0, reason: "Completed" });
        const found = (await world.runtime.list()).find(({ uid }) => uid === pod.uid);
        expect(found?.containers.map(({ attempt }) => attempt).toSorted()).to.deep.equal([0, 1]);
        await world.runtime.removeContainer(pod.uid, "main", 0);
        const later = (await world.runtime.list()).find(({ uid }) => uid === pod.uid);
        expect(later?.containers.map(({ attempt }) => attempt)).to.deep.equal([1]);
        await world.runtime.removePod(pod.uid);
      });

      it("shows image, repository digest and user of an instance", async () => {
        const pod = await world.pod();
        const started = await world.runtime.startContainer(world.container(pod, ["sleep", "100"]));
        expect(started.image).to.contain("busybox");
        expect(started.imageId).to.match(/busybox@sha256:[0-9a-f]{64}$/);
        if (version === "v2") expect(started.user).to.include({ uid: 0n, gid: 0n });
        await world.runtime.removePod(pod.uid);
      });

      it("asks with TERM, then kills when the grace period is over, or at once when told so meanwhile", async () => {
        const pod = await world.pod();
        const trap = ["sh", "-c", 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'];
        const deaf = ["sh", "-c", 'trap "" TERM; echo ready; while :; do sleep 0.1; done'];
        await world.runtime.startContainer(world.container(pod, trap, { name: "polite" }));
        await world.runtime.startContainer(world.container(pod, deaf, { name: "deaf" }));
        await eventually(() => world.output(pod, "polite") !== "" && world.output(pod, "deaf") !== "");
        await world.runtime.stopContainer(pod.uid, "polite", 0, { graceMs: 10_000 });
        expect((await world.end(pod.uid, "polite")).exit).to.include({ exitCode: 3 });
        const slow = world.runtime.stopContainer(pod.uid, "deaf", 0, { graceMs: 60_000 });
        await world.runtime.stopContainer(pod.uid, "deaf", 0, { graceMs: 0 });
        await slow;
        expect((await world.end(pod.uid, "deaf")).exit).to.include({ exitCode: 137 });
        await world.runtime.removePod(pod.uid);
      });

      it("does not count an instance whose start was cut off: the same attempt is made again", async () => {
        const pod = await world.pod();
        await world.runtime.startContainer(world.container(pod, ["/no/such/program"])).catch(() => undefined);
        await world.restart();
        const found = (await world.runtime.list()).find(({ uid }) => uid === pod.uid);
        expect(found?.containers).to.deep.equal([]);
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", "sleep 0.1; exit 7"]));
        expect((await world.end(pod.uid)).exit).to.include({ exitCode: 7, reason: "Error" });
        expect(world.ended.filter(({ uid }) => uid === pod.uid).map(({ exit }) => exit.exitCode)).to.not.include(128);
        await world.runtime.removePod(pod.uid);
      });

      it("tells a command that is not there as an instance that could not run", async () => {
        const pod = await world.pod();
        const failure = await world.runtime
          .startContainer(world.container(pod, ["/no/such/program"]))
          .catch((error: RuntimeError) => error);
        expect(failure).to.be.instanceOf(RuntimeError).and.include({ reason: "RunContainerError" });
        expect((failure as RuntimeError).id).to.match(/^[0-9a-f]{64}$/);
        expect((failure as RuntimeError).message)
          .to.contain("/no/such/program")
          .and.not.contain("rpc error");
        await world.runtime.removePod(pod.uid);
      });

      it("leaves nothing of a container that cannot be made: the attempt can be used again", async () => {
        const pod = await world.pod();
        const seccompProfile = { type: "Localhost", localhostProfile: "missing.json" };
        const bad = world.container(pod, ["true"], { securityContext: { seccompProfile } });
        const failure = await world.runtime.startContainer(bad).catch((error: RuntimeError) => error);
        expect(failure).to.include({ reason: "CreateContainerError" });
        await world.runtime.startContainer(world.container(pod, ["true"]));
        expect((await world.end(pod.uid)).exit).to.include({ exitCode: 0 });
        await world.runtime.removePod(pod.uid);
      });

      it("takes over what an earlier call made whose answer was lost", async () => {
        const pod = await world.pod();
        const again = await world.runtime.createSandbox(pod);
        expect(again.id).to.equal(pod.id);
        const first = await world.runtime.startContainer(world.container(pod, ["sleep", "100"]));
        const second = await world.runtime.startContainer(world.container(pod, ["sleep", "100"]));
        expect(second.id).to.equal(first.id);
        expect(await countSandboxes(world, pod.uid)).to.equal(1);
        await world.runtime.removePod(pod.uid);
      });

      it("writes CRI log files", async () => {
        const pod = await world.pod();
        const spec = world.container(pod, ["sh", "-c", "echo out; echo err >&2; sleep 100"]);
        await world.runtime.startContainer(spec);
        const log = await eventually(() =>
          world.output(pod).includes("err") ? readFileSync(spec.logPath, "utf8") : undefined,
        );
        expect(log)
          .to.match(/^\d{4}-\S+ stdout F out$/m)
          .and.to.match(/^\d{4}-\S+ stderr F err$/m);
        await world.runtime.removePod(pod.uid);
      });

      it("opens a log file again after a rename, and loses no line and writes none twice", async () => {
        const pod = await world.pod();
        const text = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done";
        const { logPath } = world.container(pod, []);
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", text]));
        await eventually(() => linesOf(logPath).length > 10);
        const old = `${logPath}.old`;
        renameSync(logPath, old);
        const atRename = linesOf(old).length;
        // What is written goes where the file has gone.
        await eventually(() => linesOf(old).length > atRename + 5);
        expect(existsSync(logPath)).to.equal(false);
        await world.runtime.reopenLog(pod.uid, "main", 0);
        await eventually(() => linesOf(logPath).length > 10);
        await world.runtime.stopContainer(pod.uid, "main", 0, { graceMs: 0 });
        const all = [...linesOf(old), ...linesOf(logPath)];
        expect(all).to.deep.equal(all.map((_, index) => String(index + 1)));
        await world.runtime.removePod(pod.uid);
      });

      it("finds everything by its labels after its own restart, and ends that happened meanwhile", async () => {
        const pod = await world.pod();
        await world.runtime.startContainer(world.container(pod, ["sleep", "100"], { name: "lasting" }));
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", "exit 4"], { name: "ended" }));
        await world.restart();
        expect((await world.end(pod.uid, "ended")).exit).to.include({ exitCode: 4 });
        const found = (await world.runtime.list()).find(({ uid }) => uid === pod.uid);
        expect(found?.sandboxReady).to.equal(true);
        expect(found?.sandbox?.podIPs).to.deep.equal(pod.podIPs);
        const running = found?.containers.filter(({ exit }) => exit === undefined).map(({ name }) => name);
        expect(running).to.deep.equal(["lasting"]);
        await world.runtime.startContainer(world.container(pod, ["true"], { name: "late" }));
        expect((await world.end(pod.uid, "late")).exit).to.include({ exitCode: 0 });
        await world.runtime.removePod(pod.uid);
      });

      it("does not see pods of another node", async () => {
        const config = { metadata: { name: "x", uid: randomUUID(), namespace: "d", attempt: 0 } };
        const { podSandboxId } = await world.client.runtime.runPodSandbox(
          {
            config: {
              ...config,
              hostname: "x",
              logDirectory: "",
              portMappings: [],
              labels: new Map([["io.kubernetes.pod.uid", config.metadata.uid]]),
              annotations: new Map(),
            },
            runtimeHandler: "",
          },
          { signal: AbortSignal.timeout(30_000), deadlineMs: 30_000 },
        );
        expect((await world.runtime.list()).map(({ uid }) => uid)).to.not.include(config.metadata.uid);
        const signal = AbortSignal.timeout(30_000);
        await world.client.runtime.stopPodSandbox({ podSandboxId }, { signal });
        await world.client.runtime.removePodSandbox({ podSandboxId }, { signal });
      });

      it("notices a sandbox that dies, makes a new one with the next attempt, and keeps one only", async () => {
        const pod = await world.pod();
        await world.containerd.ctr("task", "kill", "-s", "SIGKILL", pod.id);
        await eventually(() => world.lost.includes(pod.uid) || undefined);
        const again = await world.runtime.createSandbox(pod);
        expect(again.id).to.not.equal(pod.id);
        expect(await countSandboxes(world, pod.uid)).to.equal(1);
        await world.runtime.removePod(pod.uid);
      });

      it("leaves no sandbox, container, control group or folder of a removed pod, however often it is removed", async () => {
        const pod = await world.pod();
        await world.runtime.startContainer(world.container(pod, ["sleep", "100"]));
        expect(world.groups()).to.include(`pod${pod.uid}`);
        await world.runtime.stopSandbox(pod.uid);
        expect((await world.end(pod.uid)).exit).to.include({ exitCode: 137 });
        await world.runtime.stopSandbox(pod.uid);
        await world.runtime.removePod(pod.uid);
        await world.runtime.removePod(pod.uid);
        expect(await countSandboxes(world, pod.uid)).to.equal(0);
        expect(world.groups()).to.not.include(`pod${pod.uid}`);
        expect(await world.containerd.ctr("containers", "ls", "-q")).to.not.contain(pod.id);
      });
    });
  }
});

async function countSandboxes(world: World, uid: string): Promise<number> {
  const filter = { id: "", labelSelector: new Map([["io.kubernetes.pod.uid", uid]]) };
  return (await world.client.runtime.listPodSandbox({ filter }, { signal: AbortSignal.timeout(10_000) })).items.length;
}

/** What a log's lines say. */
function linesOf(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/^\S+ stdout F /, ""));
}
