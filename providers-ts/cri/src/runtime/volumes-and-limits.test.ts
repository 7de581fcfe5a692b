import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describeEnclosed } from "@outboard/runtimes";
import type { RuntimeError, SandboxSpec } from "@outboard/provider-sdk";
import { eventually } from "@outboard/provider-sdk/testing";
import { CGROUP_ROOT, NEEDS, VERSIONS, World } from "../testing/world.js";

const MIB = 1024 * 1024;

function resources(requests: Record<string, string>, limits: Record<string, string>) {
  return { requests: new Map(Object.entries(requests)), limits: new Map(Object.entries(limits)) };
}

describeEnclosed({ title: "CriRuntime: volumes and limits", file: import.meta.filename, needs: NEEDS }, () => {
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

      function volume(pod: SandboxSpec, name: string): string {
        const folder = join(pod.folder, "volumes", name);
        mkdirSync(folder, { recursive: true });
        return folder;
      }

      it("mounts volumes for writing or reading only, nested ones too", async () => {
        const pod = await world.pod();
        const outer = volume(pod, "outer");
        const inner = volume(pod, "inner");
        writeFileSync(join(inner, "file"), "content\n");
        const mounts = [
          { volume: "outer", source: outer, mountPath: "/data", readOnly: false },
          { volume: "inner", source: inner, mountPath: "/data/inner", readOnly: true },
          { volume: "inner", source: join(inner, "file"), mountPath: "/etc/one-file", readOnly: true },
        ];
        const text =
          "cat /data/inner/file /etc/one-file; echo new > /data/new; touch /data/inner/x 2>/dev/null || echo refused";
        const started = await world.runtime.startContainer(world.container(pod, ["sh", "-c", text], { mounts }));
        await world.end(pod.uid);
        expect(world.output(pod)).to.equal("content\ncontent\nrefused\n");
        expect(readFileSync(join(outer, "new"), "utf8")).to.equal("new\n");
        expect(started.mounts?.map(({ mountPath, readOnly }) => [mountPath, readOnly])).to.deep.equal([
          ["/data", false],
          ["/data/inner", true],
          ["/etc/one-file", true],
        ]);
        await world.runtime.removePod(pod.uid);
      });

      it("lets mounts of the host through where propagation says so", async () => {
        const pod = await world.pod();
        const folder = volume(pod, "shared");
        execFileSync("mount", ["--bind", folder, folder]);
        execFileSync("mount", ["--make-shared", folder]);
        mkdirSync(join(folder, "late"));
        const mounts = [{ volume: "shared", source: folder, mountPath: "/s", readOnly: false }];
        const manifest = { name: "main", volumeMounts: [{ mountPath: "/s", mountPropagation: "HostToContainer" }] };
        const text = "until [ -e /s/late/marker ]; do sleep 0.05; done; echo seen";
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", text], { mounts, manifest }));
        execFileSync("mount", ["-t", "tmpfs", "none", join(folder, "late")]);
        writeFileSync(join(folder, "late", "marker"), "");
        await world.end(pod.uid);
        expect(world.output(pod)).to.equal("seen\n");
        await world.runtime.removePod(pod.uid);
        execFileSync("umount", [join(folder, "late")]);
        execFileSync("umount", [folder]);
      });

      it("makes what lies below a mount read-only where the runtime can, and refuses where it cannot", async () => {
        const pod = await world.pod();
        const mounts = [{ volume: "v", source: volume(pod, "v"), mountPath: "/v", readOnly: true }];
        const manifest = { name: "main", volumeMounts: [{ mountPath: "/v", recursiveReadOnly: "Enabled" }] };
        const start = world.runtime.startContainer(world.container(pod, ["true"], { mounts, manifest }));
        const result = await start.then(
          ({ mounts: shown }) => shown?.[0]?.recursiveReadOnly,
          (error: RuntimeError) => `${error.reason}: ${error.message}`,
        );
        const refused =
          'CreateContainerConfigError: volume "v" requested recursive read-only mode, but it is not supported by the runtime';
        expect(result).to.be.oneOf(version === "debian" ? [refused] : ["Enabled", refused]);
        await world.runtime.removePod(pod.uid);
      });

      it("shows what the container wrote as its termination message", async () => {
        const { message } = await world.run("echo -n because > /dev/termination-log; exit 1");
        expect(message).to.equal("because");
        const other = await world.run("echo -n why > /tmp/end", { terminationMessagePath: "/tmp/end" });
        expect(other.message).to.equal("why");
      });

      it("sets memory, CPU and oom score of a container, and limits of the pod as a whole", async () => {
        const asked = { requests: { cpu: "250m", memory: "64Mi" }, limits: { cpu: "500m", memory: "64Mi" } };
        const pod = await world.pod({ containers: [{ name: "main", resources: asked }] });
        const path = `${CGROUP_ROOT}/kubepods/burstable/pod${pod.uid}`;
        expect(world.groupFile(path, "memory.limit_in_bytes")).to.equal(String(64 * MIB));
        expect(world.groupFile(path, "cpu.cfs_quota_us")).to.equal("50000");
        expect(world.groupFile(path, "cpu.shares")).to.equal("256");
        const started = await world.runtime.startContainer(
          world.container(pod, ["sh", "-c", "cat /proc/self/oom_score_adj; sleep 100"], {
            resources: resources({ cpu: "250m", memory: "67108864" }, { cpu: "500m", memory: "67108864" }),
          }),
        );
        expect(world.groupFile(`${path}/${started.id}`, "memory.limit_in_bytes")).to.equal(String(64 * MIB));
        expect(world.groupFile(`${path}/${started.id}`, "cpu.cfs_quota_us")).to.equal("50000");
        expect(world.groupFile(`${path}/${started.id}`, "cpu.shares")).to.equal("256");
        const score = await eventually(() => world.output(pod).trim() || undefined);
        expect(Number(score)).to.be.within(980, 999);
        await world.runtime.removePod(pod.uid);
      });

      it("resizes a running container and its pod, up and down", async () => {
        const small = { requests: { cpu: "100m", memory: "32Mi" }, limits: { cpu: "100m", memory: "32Mi" } };
        const pod = await world.pod({ containers: [{ name: "main", resources: small }] });
        const path = `${CGROUP_ROOT}/kubepods/pod${pod.uid}`;
        const { id } = await world.runtime.startContainer(
          world.container(pod, ["sleep", "100"], { resources: resources(small.requests, small.limits) }),
        );
        const limits = (): readonly (string | undefined)[] =>
          [path, `${path}/${id}`].flatMap((one) => [
            world.groupFile(one, "memory.limit_in_bytes"),
            world.groupFile(one, "cpu.cfs_quota_us"),
          ]);
        const grown = resources({ cpu: "300m", memory: "100663296" }, { cpu: "300m", memory: "100663296" });
        await world.runtime.updateResources(pod.uid, "main", 0, grown);
        expect(limits()).to.deep.equal([String(96 * MIB), "30000", String(96 * MIB), "30000"]);
        const shrunk = resources({ cpu: "50m", memory: "16777216" }, { cpu: "50m", memory: "16777216" });
        await world.runtime.updateResources(pod.uid, "main", 0, shrunk);
        expect(limits()).to.deep.equal([String(16 * MIB), "5000", String(16 * MIB), "5000"]);
        await world.runtime.removePod(pod.uid);
      });

      it("refuses memory limits below what is in use, for a container and for a pod as a whole", async () => {
        const whole = { memory: "64Mi" };
        const pod = await world.pod({ resources: { requests: whole, limits: whole }, containers: [{ name: "main" }] });
        const text = "dd if=/dev/zero of=/dev/shm/held bs=1M count=8; echo held; sleep 100";
        await world.runtime.startContainer(world.container(pod, ["sh", "-c", text]));
        await eventually(() => world.output(pod).includes("held") || undefined);
        const tiny = resources({}, { memory: "4Mi" });
        const one = await world.runtime.updateResources(pod.uid, "main", 0, tiny).catch(String);
        expect(one).to.match(/container "main" memory limit \(4194304\) below current usage \(\d+\)/);
        const all = await world.runtime.updatePodResources(pod.uid, tiny).catch(String);
        expect(all).to.match(/set pod memory limit \(4194304\) below current usage \(\d+\)/);
        const path = `${CGROUP_ROOT}/kubepods/burstable/pod${pod.uid}`;
        expect(world.groupFile(path, "memory.limit_in_bytes")).to.equal(String(64 * MIB));
        await world.runtime.removePod(pod.uid);
      });

      it("lets a later instance begin with more than the pod had", async () => {
        const small = { cpu: "100m", memory: "32Mi" };
        const pod = await world.pod({
          containers: [{ name: "main", resources: { requests: small, limits: small } }],
        });
        const path = `${CGROUP_ROOT}/kubepods/pod${pod.uid}`;
        const grown = { cpu: "300m", memory: "64Mi" };
        await world.runtime.startContainer(
          world.container(pod, ["sleep", "100"], { resources: resources(grown, grown) }),
        );
        expect(world.groupFile(path, "cpu.cfs_quota_us")).to.equal("30000");
        expect(world.groupFile(path, "memory.limit_in_bytes")).to.equal(String(64 * MIB));
        await world.runtime.removePod(pod.uid);
      });

      it("resizes a pod as a whole, as far as its containers allow", async () => {
        const whole = { cpu: "200m", memory: "64Mi" };
        const own = { cpu: "100m", memory: "32Mi" };
        const pod = await world.pod({
          resources: { requests: whole, limits: whole },
          containers: [{ name: "main", resources: { requests: own, limits: own } }],
        });
        const path = `${CGROUP_ROOT}/kubepods/pod${pod.uid}`;
        await world.runtime.startContainer(world.container(pod, ["sleep", "100"], { resources: resources(own, own) }));
        const grown = { cpu: "400m", memory: "96Mi" };
        await world.runtime.updatePodResources(pod.uid, resources(grown, grown));
        expect(world.groupFile(path, "cpu.cfs_quota_us")).to.equal("40000");
        const shrunk = { cpu: "50m", memory: "48Mi" };
        const failure = await world.runtime.updatePodResources(pod.uid, resources(shrunk, shrunk)).catch(String);
        expect(failure).to.contain("EINVAL");
        expect(world.groupFile(path, "memory.limit_in_bytes")).to.equal(String(48 * MIB));
        await world.runtime.updateResources(pod.uid, "main", 0, resources(shrunk, shrunk));
        expect(world.groupFile(path, "cpu.cfs_quota_us")).to.equal("5000");
        await world.runtime.removePod(pod.uid);
      });

      it("places pods by their class, best effort ones with the least shares", async () => {
        const pod = await world.pod({ containers: [{ name: "main" }] });
        const path = `${CGROUP_ROOT}/kubepods/besteffort`;
        expect(world.groupFile(`${path}/pod${pod.uid}`, "cpu.shares")).to.equal("2");
        expect(world.groupFile(path, "cpu.shares")).to.equal("2");
        await world.runtime.removePod(pod.uid);
      });

      it("says OOMKilled when the memory limit ended a container", async () => {
        const { exit } = await world.run("dd if=/dev/zero of=/dev/null bs=200M count=2", {
          resources: resources({ memory: "16777216" }, { memory: "16777216" }),
        });
        expect(exit).to.include({ exitCode: 137, reason: "OOMKilled" });
      });

      it("has figures of running containers", async () => {
        const pod = await world.pod();
        await world.runtime.startContainer(
          world.container(pod, ["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 100"]),
        );
        const figures = await eventually(async () =>
          (await world.runtime.stats(pod.uid)).containers.find(
            ({ cpuUsageNanos }) => (cpuUsageNanos ?? 0n) > 1_000_000n,
          ),
        );
        expect(figures.name).to.equal("main");
        expect(Number(figures.memoryWorkingSetBytes)).to.be.greaterThan(0);
        const whole = (await world.runtime.stats(pod.uid)).pod;
        if (version === "v2") expect(whole?.interfaces?.[0]?.name).to.equal("eth0");
        await world.runtime.removePod(pod.uid);
      });
    });
  }
});
