/** What pods share with the host and with each other, and what reaches the engine as asked. */
import { connect } from "node:net";
import { mkdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { REGISTRY_ACCOUNT } from "@outboard/runtimes";
import type { RegistryCredential } from "@outboard/contract";
import { parseBytes } from "@outboard/provider-sdk";
import { expect } from "chai";
import { eventually } from "@outboard/provider-sdk/testing";
import { describeEngines } from "../testing/engines.js";

const { signal } = new AbortController();

function credential(password: string): RegistryCredential {
  const { username } = REGISTRY_ACCOUNT;
  return { serverAddress: "private.example.com", username, password, identityToken: "", registryToken: "" };
}

async function read(host: string, port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host, port }, () => socket.write("GET /f HTTP/1.0\r\n\r\n"));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("error", reject);
    socket.once("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}

describeEngines("isolation on a container engine", import.meta.filename, (stage) => {
  it("gives a pod the host's network, with its host name", async () => {
    const { world } = stage;
    const pod = await world.pod({ hostNetwork: true, hostname: "this-node" });
    const { sandbox } = (await world.runtime.list()).find(({ uid }) => uid === pod.uid) ?? {};
    expect(sandbox?.podIPs).to.deep.equal([]);
    expect(sandbox?.hostIPs).to.have.length(1);
    await world.runtime.startContainer(world.container(pod, "readlink /proc/self/ns/net; hostname"));
    await world.end(pod.uid);
    const [namespace, name] = world.output(pod).split("\n");
    expect(namespace).to.equal(ownNamespace("net"));
    expect(name).to.equal("this-node");
    await world.runtime.removePod(pod.uid);
  });

  it("gives a pod the host's processes and IPC", async () => {
    const manifest = { spec: { hostPID: true, hostIPC: true } };
    const { output } = await stage.world.run("for n in pid ipc; do readlink /proc/self/ns/$n; done", {}, { manifest });
    expect(output.split("\n")).to.deep.equal(["pid", "ipc"].map((name) => ownNamespace(name)));
  });

  it("shares IPC and memory among a pod's containers, and not with others", async () => {
    const { world } = stage;
    const pod = await world.pod();
    for (const name of ["one", "two"]) {
      const spec = world.container(pod, "readlink /proc/self/ns/ipc; touch /dev/shm/$NAME; ls /dev/shm", {
        name,
        env: [["NAME", Buffer.from(name)]],
      });
      await world.runtime.startContainer(spec);
      await world.end(pod.uid, name);
    }
    const [one, two] = ["one", "two"].map((name) => world.output(pod, name).split("\n"));
    expect(one?.[0]).to.equal(two?.[0]);
    expect(two?.slice(1)).to.deep.equal(["one", "two"]);
    expect(one?.[0]).not.to.equal(ownNamespace("ipc"));
    await world.runtime.removePod(pod.uid);
  });

  it("binds ports of the host", async () => {
    const { world } = stage;
    const ports = [{ containerPort: 80, hostPort: 18_080, hostIP: "10.200.0.1", protocol: "TCP" }];
    const pod = await world.pod({ manifest: { spec: { containers: [{ name: "main", ports }] } } });
    await world.runtime.startContainer(world.container(pod, "echo hello >/tmp/f; httpd -f -p 80 -h /tmp"));
    const text = await eventually(async () => await read("10.200.0.1", 18_080).catch(() => undefined));
    expect(text).to.match(/hello\n$/);
    const second = await world
      .pod({ manifest: { spec: { containers: [{ name: "main", ports }] } } })
      .catch((error: unknown) => error);
    expect(String(second)).to.match(/already|in use/);
    await world.runtime.removePod(pod.uid);
    expect((await world.containers()).filter((name) => name.startsWith("outboard_"))).to.deep.equal([]);
  });

  it("sets the pod's sysctls for its containers", async () => {
    const sysctls = [{ name: "net.ipv4.ip_unprivileged_port_start", value: "42" }];
    const manifest = { spec: { securityContext: { sysctls } } };
    const { output } = await stage.world.run("cat /proc/sys/net/ipv4/ip_unprivileged_port_start", {}, { manifest });
    expect(output).to.equal("42");
  });

  it("filters system calls only where the pod asks for it, as the kubelet", async () => {
    const look = "grep '^Seccomp:' /proc/self/status | tr -d '\\t'";
    expect((await stage.world.run(look)).output).to.equal("Seccomp:0");
    const securityContext = { seccompProfile: { type: "RuntimeDefault" } };
    expect((await stage.world.run(look, { securityContext })).output).to.equal("Seccomp:2");
  });

  it("sets limits of processors and memory, and shares by requests", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const resources = {
      requests: new Map([["cpu", "250m"]]),
      limits: new Map([
        ["cpu", "500m"],
        ["memory", String(32 << 20)],
      ]),
    };
    const { id } = await world.runtime.startContainer(world.container(pod, "sleep 100", { resources }));
    const format =
      "{{.HostConfig.CpuQuota}} {{.HostConfig.CpuPeriod}} {{.HostConfig.CpuShares}} {{.HostConfig.Memory}}";
    expect(await stage.engine.command("inspect", "--format", format, id)).to.equal(
      `50000 100000 256 ${String(32 << 20)}\n`,
    );
    await world.runtime.removePod(pod.uid);
  });

  it("takes the kernel's own facts of who a container runs as", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const securityContext = { runAsUser: 1234, runAsGroup: 2345, supplementalGroups: [3456] };
    const { user } = await world.runtime.startContainer(world.container(pod, "sleep 100", { securityContext }));
    expect(user).to.deep.include({ uid: 1234n, gid: 2345n });
    expect(user?.supplementalGroups).to.include(3456n);
    await world.runtime.removePod(pod.uid);
  });

  it("shows mounts that are made later where propagation is asked for", async () => {
    const { world } = stage;
    const pod = await world.pod();
    const folder = join(pod.folder, "volume");
    mkdirSync(folder);
    const manifest = { volumeMounts: [{ name: "v", mountPath: "/v", mountPropagation: "HostToContainer" }] };
    const mounts = [{ volume: "v", source: folder, mountPath: "/v", readOnly: false }];
    const start = world.runtime.startContainer(
      world.container(pod, "grep ' /v ' /proc/self/mountinfo | grep -o 'master:' || echo private", {
        mounts,
        manifest,
      }),
    );
    // Docker wants the folder on a shared mount, and says so.
    const error = await start.then(
      () => undefined,
      (failure: Error) => failure.message,
    );
    if (error === undefined) {
      await world.end(pod.uid);
      expect(world.output(pod)).to.equal("master:");
    } else expect(error).to.match(/shared/);
    await world.runtime.removePod(pod.uid);
  });

  it("pulls with credentials, the first that works, and never shows them", async () => {
    const { runtime } = stage.world;
    const image = "private.example.com/e2e-test-images/nonroot:1.5";
    const wrong = await runtime.ensureImage(image, "Always", [credential("canary-77f")], signal).catch((e: Error) => e);
    expect(wrong).to.be.instanceOf(Error).with.property("reason", "ErrImagePull");
    expect(wrong instanceof Error ? wrong.message : "").not.to.contain("canary-77f");
    const both = [credential("canary-77f"), credential(REGISTRY_ACCOUNT.password)];
    expect((await runtime.ensureImage(image, "Always", both, signal)).pulled).to.equal(true);
    const { output } = await stage.world.run("id -u", { image, securityContext: { runAsNonRoot: true } });
    expect(output).to.equal("1234");
  });

  it("gives up a pull that nobody waits for any more", async () => {
    const gone = new AbortController();
    const pull = stage.world.runtime.ensureImage("registry.k8s.io/pause:3.9", "Always", [], gone.signal);
    gone.abort(new Error("nobody waits"));
    const error = await pull.then(
      () => undefined,
      (failure: Error) => failure.message,
    );
    expect(error).to.be.oneOf([undefined, "nobody waits"]);
  });

  it("tells the node's machine, engine and images", () => {
    const { state, node } = stage.world.runtime.node();
    expect(state).to.equal("ready");
    expect(node?.containerRuntimeName).to.equal(stage.name);
    expect(node?.containerRuntimeVersion).to.match(/^\d+\.\d+\.\d+/);
    expect(Number(node?.capacity.get("cpu"))).to.be.above(0);
    const [all = 0, usable = 0] = [node?.capacity, node?.allocatable].map((some) => parseBytes(some?.get("memory")));
    expect(all - usable).to.equal(100 * 1024 * 1024);
    expect(node?.capacity.get("ephemeral-storage")).to.match(/^\d/);
    expect(node?.dns?.servers).to.be.an("array");
    expect(node?.architecture).to.be.oneOf(["amd64", "arm64"]);
    expect(node?.runtimeHandlers.map(({ name }) => name)).to.include("");
  });
});

function ownNamespace(name: string): string {
  return readlinkSync(`/proc/self/ns/${name}`);
}
