import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { describeEnclosed } from "@outboard/runtimes";
import type { ContainerSpec, RuntimeError } from "@outboard/provider-sdk";
import { NEEDS, VERSIONS, World } from "../testing/world.js";

const NON_ROOT_IMAGE = "registry.k8s.io/e2e-test-images/nonroot:1.5";

describeEnclosed(
  { title: "CriRuntime: what containers see and may do", file: import.meta.filename, needs: NEEDS },
  () => {
    for (const version of VERSIONS) {
      describe(version, function () {
        this.timeout(60_000);
        let world: World;

        before(async () => {
          world = await World.open(version);
          await world.pull(NON_ROOT_IMAGE);
        });

        after(async () => {
          await world[Symbol.asyncDispose]();
        });

        async function run(
          text: string,
          securityContext: Record<string, unknown> = {},
          spec: Record<string, unknown> = {},
        ): Promise<string> {
          return (await world.run(text, { securityContext }, spec)).output.trim();
        }

        async function refusal(overrides: Partial<ContainerSpec>): Promise<RuntimeError> {
          const pod = await world.pod();
          try {
            await world.runtime.startContainer(world.container(pod, ["true"], overrides));
          } catch (error) {
            return error as RuntimeError;
          } finally {
            await world.runtime.removePod(pod.uid);
          }
          throw new Error("it started");
        }

        it("runs as the user and groups that are asked for", async () => {
          const context = { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000] };
          const text = await run("id -u; id -g; id -G", context, { securityContext: context });
          expect(text.split("\n").slice(0, 2)).to.deep.equal(["1000", "3000"]);
          expect(text.split("\n")[2]?.split(" ").toSorted()).to.deep.equal(["2000", "3000", "4000"]);
        });

        it("refuses to run as root where that is ruled out, with the kubelet's words", async () => {
          const root = await refusal({ securityContext: { runAsNonRoot: true } });
          expect(root.reason).to.equal("CreateContainerConfigError");
          expect(root.message).to.match(
            /^container has runAsNonRoot and image will run as root \(pod: "pod_default\([0-9a-f-]{36}\)", container: main\)$/,
          );
          const asked = await refusal({ securityContext: { runAsNonRoot: true, runAsUser: 0 } });
          expect(asked.message).to.match(/^container's runAsUser breaks non-root policy \(pod: /);
          const { output } = await world.run("id -u", {
            image: NON_ROOT_IMAGE,
            securityContext: { runAsNonRoot: true },
          });
          expect(output.trim()).to.equal("1234");
        });

        it("gives and takes capabilities", async () => {
          const mask = "grep CapEff /proc/self/status | cut -f2";
          const usual = BigInt(`0x${await run(mask)}`);
          const changed = BigInt(`0x${await run(mask, { capabilities: { add: ["NET_ADMIN"], drop: ["CHOWN"] } })}`);
          const none = BigInt(`0x${await run(mask, { capabilities: { drop: ["ALL"] } })}`);
          expect(usual & (1n << 0n)).to.not.equal(0n);
          expect(usual & (1n << 12n)).to.equal(0n);
          expect(changed).to.equal((usual | (1n << 12n)) & ~1n);
          expect(none).to.equal(0n);
        });

        it("rules out new privileges, and filters system calls as asked for", async () => {
          const fields = "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status | cut -f2";
          expect(await run(fields)).to.equal("0\n0");
          const context = { allowPrivilegeEscalation: false, seccompProfile: { type: "RuntimeDefault" } };
          expect(await run(fields, context)).to.equal("1\n2");
          expect(await run(fields, { seccompProfile: { type: "Unconfined" } })).to.equal("0\n0");
        });

        it("takes seccomp profiles from the provider's folder", async () => {
          mkdirSync(join(world.folder, "seccomp"), { recursive: true });
          const syscalls = [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }];
          const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls };
          writeFileSync(join(world.folder, "seccomp", "no-mkdir.json"), JSON.stringify(profile));
          const seccompProfile = { type: "Localhost", localhostProfile: "no-mkdir.json" };
          expect(await run("mkdir /x 2>&1 || echo refused", { seccompProfile })).to.match(/refused$/);
        });

        it("makes the root read-only", async () => {
          expect(await run("touch /x 2>/dev/null && echo written || echo refused")).to.equal("written");
          const context = { readOnlyRootFilesystem: true };
          expect(await run("touch /x 2>/dev/null && echo written || echo refused", context)).to.equal("refused");
        });

        it("gives privileged containers all capabilities and the host's devices, others a masked /proc", async () => {
          const text = [
            "grep CapEff /proc/self/status | cut -f2",
            "find /dev -maxdepth 1 -type c -o -maxdepth 1 -type b | sort | tr '\\n' ' '; echo",
            "grep -c -E ' /proc/(kcore|timer_list|keys) ' /proc/mounts",
            "touch /proc/sys/kernel/domainname 2>/dev/null && echo w || echo r",
          ].join("; ");
          const containers = [{ name: "main", securityContext: { privileged: true } }];
          const [usual = "", few = "", masks, ordinary] = (await run(text)).split("\n");
          const [all, many = "", ...open] = (await run(text, { privileged: true }, { containers })).split("\n");
          expect(all).to.equal(/^CapEff:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
          expect(BigInt(`0x${usual}`) < BigInt(`0x${String(all)}`)).to.equal(true);
          expect(many.split(" ")).to.include.members([...hostDevices()]);
          expect(few.split(" ").filter((path) => hostDevices().includes(path))).to.deep.equal([]);
          expect(hostDevices()).not.to.deep.equal([]);
          expect([Number(masks) > 0, ordinary]).to.deep.equal([true, "r"]);
          expect(open).to.deep.equal(["0", "w"]);
        });

        it("puts the pod's containers into one process namespace, or into the host's, only when asked", async () => {
          const see = async (spec: Record<string, unknown>): Promise<number> => {
            const pod = await world.pod(spec);
            await world.runtime.startContainer(world.container(pod, ["sleep", "4321"], { name: "other" }));
            await world.runtime.startContainer(world.container(pod, ["sh", "-c", "ps | grep -c '[s]leep 4321'"]));
            await world.end(pod.uid);
            const count = Number(world.output(pod).trim());
            await world.runtime.removePod(pod.uid);
            return count;
          };
          expect(await see({})).to.equal(0);
          expect(await see({ shareProcessNamespace: true })).to.equal(1);
          expect(await see({ hostPID: true })).to.equal(1);
        });

        it("shows an ephemeral container the processes of its target", async () => {
          const pod = await world.pod();
          await world.runtime.startContainer(world.container(pod, ["sleep", "4321"], { name: "target" }));
          const debug = world.container(pod, ["sh", "-c", "ps | grep -c '[s]leep 4321'"], {
            name: "debug",
            kind: "ephemeral",
            manifest: { name: "debug", targetContainerName: "target" },
          });
          await world.runtime.startContainer(debug);
          await world.end(pod.uid, "debug");
          expect(world.output(pod, "debug").trim()).to.equal("1");
          await world.runtime.removePod(pod.uid);
        });

        it("shares the host's network, ipc and host name with pods that ask for it", async () => {
          const text = ["ipc", "net", "uts"].map((name) => `readlink /proc/self/ns/${name}`).join("; ");
          const namespaces = ["ipc", "net", "uts"].map((name) => readlinkSync(`/proc/self/ns/${name}`));
          const [ipc, net, uts] = namespaces;
          const own = (await run(text)).split("\n");
          for (const each of namespaces) expect(own).not.to.include(each);
          expect((await run(text, {}, { hostNetwork: true, hostIPC: true })).split("\n")).to.deep.equal([
            ipc,
            net,
            uts,
          ]);
          const [ownIpc, ...network] = (await run(text, {}, { hostNetwork: true })).split("\n");
          expect([ownIpc === ipc, network]).to.deep.equal([false, [net, uts]]);
          const [hostIpc, ...ownNetwork] = (await run(text, {}, { hostIPC: true })).split("\n");
          expect([hostIpc, ownNetwork.includes(String(net))]).to.deep.equal([ipc, false]);
        });

        it("reports no addresses for pods on the host's network, and hosts with the node's own", async () => {
          const pod = await world.pod({ hostNetwork: true });
          expect(pod.podIPs).to.deep.equal([]);
          await world.runtime.startContainer(world.container(pod, ["cat", "/etc/hosts"]));
          await world.end(pod.uid);
          expect(world.output(pod)).to.match(/^10\.200\.0\.1\tpod-host$/m);
          await world.runtime.removePod(pod.uid);
        });

        it("sets sysctls, resolv.conf and the host's ports", async () => {
          const securityContext = { sysctls: [{ name: "net.ipv4.ip_local_port_range", value: "20000 20100" }] };
          const ports = [{ containerPort: 80, hostPort: 18_080, protocol: "TCP" }];
          const spec = { securityContext, containers: [{ name: "main", ports }] };
          const pod = await world.pod(spec, {
            resolvConf: "search a.test b.test\nnameserver 10.9.9.9\noptions ndots:5\n",
          });
          const text = "cat /proc/sys/net/ipv4/ip_local_port_range /etc/resolv.conf; echo hello | nc -l -p 80";
          await world.runtime.startContainer(world.container(pod, ["sh", "-c", text]));
          const answer = await fetchText("10.200.0.1", 18_080);
          expect(answer).to.equal("hello\n");
          expect(world.output(pod)).to.match(
            /^20000\t20100\nsearch a\.test b\.test\nnameserver 10\.9\.9\.9\noptions ndots:5\n/,
          );
          await world.runtime.removePod(pod.uid);
        });

        it("gives the environment, the working directory and a terminal", async () => {
          const { output } = await world.run('echo "$A-$B"; pwd; [ -t 1 ] && echo tty', {
            env: [
              ["A", Buffer.from("one")],
              ["B", Buffer.from("ä$x")],
            ],
            workingDir: "/tmp",
            tty: true,
          });
          expect(output.replaceAll("\r", "")).to.equal("one-ä$x\n/tmp\ntty\n");
        });

        it("runs a pod with another runtime handler, and refuses one that is not there", async () => {
          const pod = await world.pod({}, { runtimeHandler: "test-handler" });
          await world.runtime.startContainer(world.container(pod, ["true"]));
          expect((await world.end(pod.uid)).exit.exitCode).to.equal(0);
          await world.runtime.removePod(pod.uid);
          const other = world.sandbox({}, { runtimeHandler: "no-such" });
          const failure = await world.runtime.createSandbox(other).catch((error: Error) => error.message);
          expect(failure).to.match(/^rpc error: code = \w+ desc = .*no-such/);
          await world.runtime.removePod(other.uid);
        });
      });
    }
  },
);

/** Connects until somebody listens. */
async function fetchText(host: string, port: number): Promise<string> {
  const { connect } = await import("node:net");
  for (let tries = 0; tries < 100; tries += 1) {
    const text = await new Promise<string>((resolve) => {
      let got = "";
      const socket = connect({ host, port });
      socket.on("data", (bytes: Buffer) => (got += bytes.toString()));
      socket.once("error", () => resolve("")).once("close", () => resolve(got));
    });
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return "";
}

/** Paths of the devices that every machine has and no ordinary container gets. */
function hostDevices(): readonly string[] {
  return ["/dev/kmsg", "/dev/loop-control", "/dev/fuse"].filter((path) => existsSync(path));
}
