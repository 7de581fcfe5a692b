/** kill -9 of the provider and of shims: nothing lost, nothing wrongly ended, nothing left over. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import type { SandboxSpec } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { makeGroups } from "../machine/cgroups.js";
import { processFacts, processTree } from "../shim/processes.js";
import { World } from "../testing/world.js";

const DOOMED = fileURLToPath(new URL("../testing/doomed-provider.js", import.meta.url));

for (const isolation of ["auto", "none"] as const) {
  describe(`recovery, isolation ${isolation}`, function () {
    this.timeout(60_000);

    it("finds running pods with the same processes and finished ones with their exit codes after kill -9", async () => {
      const folder = mkdtempSync(join(tmpdir(), "obp-"));
      const { child, uids } = await startDoomed(folder, 2, isolation);
      const [running = "", finished = ""] = uids;
      const before = shimOf(folder, running);
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));

      await using world = await World.open({ at: folder, isolation });
      expect((await world.end(finished)).exit.exitCode).to.equal(7);
      const pods = new Map((await world.runtime.list()).map((pod) => [pod.uid, pod]));
      expect(pods.get(running)?.sandboxReady).to.equal(true);
      expect(pods.get(running)?.containers[0]?.exit).to.equal(undefined);
      expect(pods.get(finished)?.containers[0]?.exit?.exitCode).to.equal(7);
      expect(shimOf(folder, running)).to.deep.equal(before);
      expect(processFacts(before.pid)?.startTicks).to.equal(before.startTicks);
      await world.runtime.stopContainer(running, "main", 0, { graceMs: 0 });
      expect((await world.end(running)).exit.exitCode).to.equal(137);
      await world.runtime.removePod(running);
      await world.runtime.removePod(finished);
      expect(world.leftovers()).to.deep.equal([]);
    });

    it("keeps exit codes of containers that end while no provider runs", async () => {
      await using world = await World.open({ isolation });
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(
        world.container(sandbox, ["sh", "-c", "read line; exit 11"], { stdin: true, stdinOnce: true }),
      );
      const gone = new AbortController();
      const attached = world.runtime.attach(sandbox.uid, "main", 0, goIO(), gone.signal);
      await world.runtime.stop();
      await attached;
      await world.restart();
      expect((await world.end(sandbox.uid)).exit.exitCode).to.equal(11);
    });

    it("reports an absent exit code when a shim is killed, and nothing of the pod goes on", async () => {
      await using world = await World.open({ isolation });
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", "echo up; sleep 86394 & sleep 86394"]));
      await eventually(() => world.output(sandbox).includes("up") || undefined);
      const outer = shimOf(world.folder, sandbox.uid);
      const tree = processTree(outer.pid).map(({ pid }) => pid);
      process.kill(nodeOf(tree), "SIGKILL");
      const { exit } = await world.end(sandbox.uid);
      expect(exit.exitCode).to.equal(undefined);
      expect(exit.reason).to.equal("ContainerStatusUnknown");
      const [pod] = await world.runtime.list();
      expect(pod?.sandboxReady).to.equal(false);
      await eventually(() => tree.every((pid) => isGone(pid)) || undefined);
      await world.runtime.createSandbox(world.sandbox({ uid: sandbox.uid }));
      expect((await world.runtime.list())[0]?.sandboxReady).to.equal(true);
      await world.runtime.removePod(sandbox.uid);
      expect(world.leftovers()).to.deep.equal([]);
    });

    it("notices at its start that a shim died meanwhile", async () => {
      await using world = await World.open({ isolation });
      const { sandbox, tree } = await loseShim(world);
      await world.restart();
      expect((await world.end(sandbox.uid)).exit.exitCode).to.equal(undefined);
      await eventually(() => tree.every((pid) => isGone(pid)) || undefined);
      // Said the same after another restart: it was noted.
      await world.restart();
      expect((await world.end(sandbox.uid)).exit.reason).to.equal("ContainerStatusUnknown");
    });

    it("starts though it cannot write that a shim died meanwhile", async () => {
      await using world = await World.open({ isolation });
      const { sandbox } = await loseShim(world);
      const inTheWay = join(world.folder, "state/pods", sandbox.uid, "pod.json.next");
      mkdirSync(inTheWay); // as a full disk: the record cannot be written
      await world.restart();
      expect((await world.end(sandbox.uid)).exit.reason).to.equal("ContainerStatusUnknown");
      const [pod] = await world.runtime.list();
      expect([pod?.sandboxReady, pod?.containers[0]?.exit?.reason]).to.deep.equal([false, "ContainerStatusUnknown"]);
      rmSync(inTheWay, { recursive: true });
      await world.runtime.removePod(sandbox.uid);
      expect(world.leftovers()).to.deep.equal([]);
    });

    it("removes what a crash left half-made", async () => {
      await using world = await World.open({ isolation });
      const half = join(world.folder, "state/pods/half-made");
      mkdirSync(half, { recursive: true });
      writeFileSync(join(half, "pod.json.next"), "{");
      makeGroups(world.machine.cgroups, "only-a-group", "main-0", {
        memoryBytes: undefined,
        cpuMillis: undefined,
        cpuRequestMillis: undefined,
      });
      await world.restart();
      expect(await world.runtime.list()).to.deep.equal([]);
      expect(existsSync(half)).to.equal(false);
      expect(world.leftovers()).to.deep.equal([]);
    });

    it("does not list the pods of another owner", async () => {
      await using world = await World.open({ isolation });
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.stop();
      world.reopen();
      await world.runtime.start({ clusterId: "other", nodeName: "node" });
      expect(await world.runtime.list()).to.deep.equal([]);
      await world.restart();
      expect((await world.runtime.list()).map(({ uid }) => uid)).to.deep.equal([sandbox.uid]);
    });

    it("has no figures of a pod whose shim dies while it is asked, and no error", async () => {
      await using world = await World.open({ isolation });
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(world.container(sandbox, ["sleep", "86392"]));
      const pid = nodeOf(processTree(shimOf(world.folder, sandbox.uid).pid).map((one) => one.pid));
      process.kill(pid, "SIGSTOP");
      const asked = world.runtime.stats(sandbox.uid);
      await delay(50);
      process.kill(pid, "SIGKILL");
      expect(await asked).to.deep.equal({ containers: [] });
    });

    it("leaves a shim of an unknown version running, says so, and can end its pod", async () => {
      await using world = await World.open({ isolation });
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(world.container(sandbox, ["sleep", "86391"]));
      const tree = processTree(shimOf(world.folder, sandbox.uid).pid).map(({ pid }) => pid);
      await world.runtime.stop();
      using _stranger = await answerAsStranger(join(world.folder, "state/pods", sandbox.uid, "shim.sock"));
      await world.restart();
      const [pod] = await world.runtime.list();
      expect([pod?.sandboxReady, pod?.containers.map(({ exit }) => exit)]).to.deep.equal([true, [undefined]]);
      const { state, reason, message } = world.runtime.node();
      expect([state, reason]).to.deep.equal(["degraded", "ShimVersion"]);
      expect(message).to.contain("1 pods").and.to.contain("default/pod");
      const failure: unknown = await world.runtime.stats(sandbox.uid).catch((error: unknown) => error);
      expect(failure).to.have.property("reason", "ShimVersion");
      expect(tree.some((pid) => isGone(pid))).to.equal(false);
      await world.runtime.stopContainer(sandbox.uid, "main", 0, { graceMs: 1000 });
      expect((await world.end(sandbox.uid)).exit.reason).to.equal("ContainerStatusUnknown");
      await eventually(() => tree.every((pid) => isGone(pid)) || undefined);
      expect(world.runtime.node().state).to.equal("ready");
    });

    it("ends a pod whose folder was taken away, with all it ran", async () => {
      await using world = await World.open({ isolation });
      const sandbox = world.sandbox();
      await world.runtime.createSandbox(sandbox);
      await world.runtime.startContainer(world.container(sandbox, ["sleep", "86392"]));
      const tree = processTree(shimOf(world.folder, sandbox.uid).pid).map(({ pid }) => pid);
      await world.runtime.stop();
      rmSync(join(world.folder, "state"), { recursive: true, force: true });
      await eventually(() => tree.every((pid) => isGone(pid)) || undefined, 30_000);
      await eventually(() => world.leftovers().length === 0 || undefined);
    });

    it("runs twenty pods at once and leaves no trace of them", async () => {
      await using world = await World.open({ isolation });
      const pods = Array.from({ length: 20 }, () => world.sandbox());
      await Promise.all(
        pods.map(async (sandbox, index) => {
          await world.runtime.createSandbox(sandbox);
          await world.runtime.startContainer(
            world.container(sandbox, ["sh", "-c", `echo ${String(index)}; exit ${String(index)}`]),
          );
        }),
      );
      const ends = await Promise.all(pods.map(({ uid }) => world.end(uid)));
      expect(ends.map(({ exit }) => exit.exitCode)).to.deep.equal(pods.map((_, index) => index));
      expect(pods.map((pod) => world.output(pod))).to.deep.equal(pods.map((_, index) => `${String(index)}\n`));
      await Promise.all(pods.map(({ uid }) => world.runtime.removePod(uid)));
      expect(readdirSync(join(world.folder, "state/pods"))).to.deep.equal([]);
      expect(world.leftovers()).to.deep.equal([]);
    });
  });
}

/** Takes the place of a shim at its socket, with answers of a version to come. */
async function answerAsStranger(path: string): Promise<Disposable> {
  rmSync(path);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("data", () => socket.write(`${JSON.stringify({ kind: "ok", value: { version: 99 } })}\n`));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    [Symbol.dispose]: () => {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

interface Doomed {
  readonly child: ChildProcess;
  readonly uids: readonly string[];
}

async function startDoomed(folder: string, count: number, isolation: string): Promise<Doomed> {
  const child = spawn(process.execPath, [DOOMED, folder, String(count), isolation], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    child.once("exit", () => reject(new Error("the doomed provider ended early")));
  });
  return { child, uids: JSON.parse(line) as string[] };
}

/** A pod whose shim is killed while no provider runs. */
async function loseShim(world: World): Promise<{ readonly sandbox: SandboxSpec; readonly tree: readonly number[] }> {
  const sandbox = world.sandbox();
  await world.runtime.createSandbox(sandbox);
  await world.runtime.startContainer(world.container(sandbox, ["sleep", "86393"]));
  const tree = processTree(shimOf(world.folder, sandbox.uid).pid).map(({ pid }) => pid);
  await world.runtime.stop();
  process.kill(nodeOf(tree), "SIGKILL");
  return { sandbox, tree };
}

function shimOf(folder: string, uid: string): { readonly pid: number; readonly startTicks: number } {
  const text = readFileSync(join(folder, "state/pods", uid, "pod.json"), "utf8");
  return (JSON.parse(text) as { readonly shim: { readonly pid: number; readonly startTicks: number } }).shim;
}

/** The shim itself, below unshare and the first process of the pod. */
function nodeOf(tree: readonly number[]): number {
  const found = tree.find((pid) =>
    /^[^\0]*node\0.*shim\/main\.js/.test(readFileSync(`/proc/${String(pid)}/cmdline`, "latin1")),
  );
  if (found === undefined) throw new Error("no shim in the tree");
  return found;
}

/** Gone, or dead and not yet collected by whoever adopted it. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return true;
  }
}

function goIO(): { stdin: AsyncIterable<Uint8Array>; stdout: () => Promise<void>; stderr: () => Promise<void> } {
  const stdin = (async function* () {
    await Promise.resolve();
    yield Buffer.from("go\n");
  })();
  return { stdin, stdout: () => Promise.resolve(), stderr: () => Promise.resolve() };
}
