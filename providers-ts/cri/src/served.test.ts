/** The whole provider, engine included, as a process over a real containerd. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { PodStage, ProviderState } from "@outboard/contract";
import {
  BUSYBOX_IMAGE,
  describeEnclosed,
  findTestImages,
  startContainerd,
  startRegistry,
  type Containerd,
  type Registry,
} from "@outboard/runtimes";
import { containerOf, eventually, fileOf, type ServedProvider } from "@outboard/provider-sdk/testing";
import { startProvider } from "./testing/served-provider.js";
import { NEEDS, VERSIONS } from "./testing/world.js";

describeEnclosed({ title: "outboard-provider-cri", file: import.meta.filename, needs: NEEDS }, () => {
  for (const version of VERSIONS) {
    describe(version, function () {
      this.timeout(60_000);
      let registry: Registry;
      let containerd: Containerd;
      let provider: ServedProvider;

      before(async () => {
        registry = await startRegistry({ store: findTestImages() ?? "" });
        containerd = await startContainerd({ version, registry });
        provider = await startProvider(containerd.endpoint);
      });

      after(async () => {
        await provider[Symbol.asyncDispose]();
        await containerd.close();
        await registry[Symbol.asyncDispose]();
      });

      it("runs a pod with init containers, volumes of every kind and restarts, and leaves nothing of it", async () => {
        using gateway = await provider.gateway();
        const script = [
          "cat /init/made /config/key /secret/token /all/part /sub",
          "grep ' /mem ' /proc/mounts | cut -d' ' -f3",
          "[ -e /data/mark ] && sleep 100",
          "touch /data/mark; exit 5",
        ].join("; ");
        const uid = await gateway.create(
          randomUUID(),
          {
            terminationGracePeriodSeconds: 2,
            restartPolicy: "Always",
            volumes: [
              { name: "init", emptyDir: {} },
              { name: "data", emptyDir: {} },
              { name: "mem", emptyDir: { medium: "Memory" } },
              { name: "config", configMap: { name: "c" } },
              { name: "secret", secret: { secretName: "s" } },
              { name: "all", projected: { sources: [] } },
              { name: "host", hostPath: { path: "/etc" } },
            ],
            initContainers: [
              {
                name: "first",
                image: BUSYBOX_IMAGE,
                command: ["sh", "-c", "echo made > /init/made"],
                volumeMounts: [mount("init", "/init")],
              },
            ],
            containers: [
              {
                name: "main",
                image: BUSYBOX_IMAGE,
                command: ["sh", "-c", script],
                volumeMounts: [
                  ...["init", "data", "mem", "config", "secret", "all", "host"].map((name) => mount(name, `/${name}`)),
                  { ...mount("config", "/sub"), subPath: "key" },
                ],
              },
            ],
          },
          {
            files: {
              config: [fileOf("key", "one\n")],
              secret: [fileOf("token", "two\n", { sensitive: true })],
              all: [fileOf("part", "three\n")],
            },
          },
        );
        const container = await gateway.untilRunning(uid, "main", 1);
        expect(container.lastTermination?.exitCode).to.equal(5);
        expect(container.containerId).to.match(/^[0-9a-f]{64}$/);
        expect(container.imageId).to.contain("busybox@sha256:");
        expect(provider.output(uid, "main")).to.equal("made\none\ntwo\nthree\none\ntmpfs\n");
        const seen = await gateway.pod(uid);
        expect(seen?.podIps[0]).to.match(/^\d+\.\d+\.\d+\.\d+$/);
        expect(seen?.hostIps).to.deep.equal(["10.200.0.1"]);
        await gateway.remove(uid);
        await expectNothingLeft(containerd, uid, provider.folder);
      });

      it("goes on with its pods after it was killed, and makes no sandbox twice", async () => {
        using before = await provider.gateway();
        const lasting = await before.create(randomUUID(), {
          terminationGracePeriodSeconds: 2,
          restartPolicy: "Always",
          containers: [sleeper()],
        });
        const short = await before.create(randomUUID(), {
          terminationGracePeriodSeconds: 2,
          restartPolicy: "Never",
          containers: [{ name: "main", image: BUSYBOX_IMAGE, command: ["sh", "-c", "sleep 1; exit 6"] }],
        });
        const running = await before.untilRunning(lasting);
        await before.untilRunning(short);
        const fresh = await before.create(randomUUID(), {
          terminationGracePeriodSeconds: 2,
          restartPolicy: "Always",
          containers: [sleeper()],
        });
        await provider.end("SIGKILL");
        await provider.start();
        using after = await provider.gateway();
        expect((await after.untilRunning(lasting)).containerId).to.equal(running.containerId);
        const ended = await after.until(short, ({ stage }) => stage === PodStage.ENDED);
        const state = containerOf(ended, "main")?.state;
        expect(state?.$case === "terminated" ? state.value.exitCode : undefined).to.equal(6);
        await after.untilRunning(fresh);
        for (const uid of [lasting, fresh]) expect(await sandboxesOf(containerd, uid)).to.equal(1);
        for (const uid of [lasting, short, fresh]) await after.remove(uid);
        for (const uid of [lasting, short, fresh]) await expectNothingLeft(containerd, uid, provider.folder);
      });

      it("shows a dead runtime on the node, not on the pods, and goes on when it is back", async () => {
        using gateway = await provider.gateway();
        const uid = await gateway.create(randomUUID(), {
          terminationGracePeriodSeconds: 2,
          restartPolicy: "Always",
          containers: [sleeper()],
        });
        const running = await gateway.untilRunning(uid);
        await containerd.kill();
        const broken = await eventually(async () => {
          const node = await gateway.state();
          return node.state === ProviderState.BROKEN ? node : undefined;
        });
        expect(broken.message).to.match(/^container runtime is down/);
        expect((await gateway.pod(uid))?.stage).to.equal(PodStage.STARTED);
        const late = await gateway.create(randomUUID(), {
          terminationGracePeriodSeconds: 2,
          restartPolicy: "Always",
          containers: [sleeper()],
        });
        await containerd.restart();
        await eventually(async () => (await gateway.state()).state === ProviderState.READY || undefined);
        expect((await gateway.untilRunning(uid)).containerId).to.equal(running.containerId);
        await gateway.untilRunning(late);
        await containerd.ctr("task", "kill", "-s", "SIGKILL", running.containerId);
        await gateway.untilRunning(uid, "main", 1);
        for (const one of [uid, late]) await gateway.remove(one);
      });

      it("tells the node's facts", async () => {
        using gateway = await provider.gateway();
        const { node, state } = await gateway.state();
        expect(state).to.equal(ProviderState.READY);
        expect(node?.containerRuntimeName).to.equal("containerd");
        expect(node?.containerRuntimeVersion).to.match(version === "v2" ? /^v?2\.4\.2/ : /^1\.6\./);
        expect([...(node?.capacity.keys() ?? [])]).to.deep.equal(["cpu", "memory", "ephemeral-storage", "pods"]);
        expect(node?.images.flatMap(({ names }) => names).join()).to.contain("busybox");
        const handlers = node?.runtimeHandlers.map(({ name }) => name);
        expect(handlers).to.include("");
        if (version === "v2") expect(handlers).to.include("test-handler");
      });
    });
  }
});

function mount(name: string, mountPath: string) {
  return { name, mountPath };
}

function sleeper() {
  return { name: "main", image: BUSYBOX_IMAGE, command: ["sleep", "1234"] };
}

async function sandboxesOf(containerd: Containerd, uid: string): Promise<number> {
  const list = await containerd.ctr("containers", "ls", `labels."io.kubernetes.pod.uid"==${uid}`);
  return list.split("\n").filter((line) => line.includes("pause")).length;
}

async function expectNothingLeft(containerd: Containerd, uid: string, folder: string): Promise<void> {
  expect(await containerd.ctr("containers", "ls", "-q", `labels."io.kubernetes.pod.uid"==${uid}`)).to.equal("");
  expect(
    execFileSync("find", ["/sys/fs/cgroup", "-maxdepth", "5", "-name", `*${uid}*`], { encoding: "utf8" }),
  ).to.equal("");
  expect(execFileSync("find", [folder, "-name", `*${uid}*`], { encoding: "utf8" })).to.equal("");
  expect(execFileSync("cat", ["/proc/self/mountinfo"], { encoding: "utf8" })).to.not.contain(uid);
}
