/** What namespaces, control groups and privileges give a container here. Each case says why it cannot run elsewhere. */
import { execFileSync } from "node:child_process";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { ContainerSpec, RuntimeError } from "@outboard/provider-sdk";
import { collectIO, eventually } from "@outboard/provider-sdk/testing";
import { World } from "../testing/world.js";

describe("images with files of their own", function () {
  this.timeout(30_000);

  it("run on a folder that holds nothing but a shell, with users, volumes and exec", async function () {
    const rootfs = mkdtempSync(join(tmpdir(), "obp-rootfs-"));
    await using world = await World.open({ images: { mappings: [{ match: "tiny:*", rootfs }], mapAll: false } });
    if (world.machine.isolation === "none") return skip(this, world.machine.notes.get("isolation"));
    makeRootfs(rootfs);
    const sandbox = world.sandbox();
    await world.runtime.createSandbox(sandbox);
    const source = join(world.folder, "given");
    writeFileSync(source, "given\n");
    const overrides: Partial<ContainerSpec> = {
      image: "tiny:1",
      workingDir: "/made/here",
      mounts: [{ volume: "v", source, mountPath: "/linked/file", readOnly: true }],
      securityContext: { readOnlyRootFilesystem: true, ...(world.machine.privileges ? { runAsUser: 77 } : {}) },
    };
    const text = "pwd; read word </real/file; echo $word; echo /*; (: >/x) 2>/dev/null || echo refused; read line";
    await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", text], { ...overrides, stdin: true }));
    await eventually(() => world.output(sandbox).includes("refused") || undefined);
    expect(world.output(sandbox)).to.equal(
      "/made/here\ngiven\n/bin /dev /etc /lib /lib64 /linked /made /proc /real /sys\nrefused\n",
    );
    const io = collectIO();
    const command = [
      "sh",
      "-c",
      'while read a b rest; do [ "$a" = Uid: ] && echo $b; done </proc/self/status; pwd; exit 8',
    ];
    const exit = await world.runtime.exec(sandbox.uid, "main", 0, command, io, new AbortController().signal);
    expect(exit).to.deep.equal({ exitCode: 8 });
    expect(io.text()).to.deep.equal({ out: `${world.machine.privileges ? "77" : "0"}\n/made/here\n`, err: "" });
    await world.runtime.removePod(sandbox.uid);
    expect(readdirSync(rootfs).toSorted()).to.deep.equal(["bin", "lib", "lib64", "linked", "real"]);
    rmSync(rootfs, { recursive: true });
  });
});

/** A shell, its libraries, and a link that leads out of the folder when followed from outside. */
function makeRootfs(rootfs: string): void {
  const libraries = execFileSync("ldd", ["/bin/sh"], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  for (const path of ["/bin/sh", ...[...libraries].map(([, path]) => path ?? "")]) {
    mkdirSync(join(rootfs, dirname(path)), { recursive: true });
    copyFileSync(path, join(rootfs, path));
    chmodSync(join(rootfs, path), 0o755);
  }
  for (const name of ["bin", "lib", "lib64", "lib/x86_64-linux-gnu"].filter((one) => existsSync(join(rootfs, one)))) {
    chmodSync(join(rootfs, name), 0o755);
  }
  mkdirSync(join(rootfs, "real"));
  symlinkSync("/real", join(rootfs, "linked"));
  chmodSync(join(rootfs, "real"), 0o755);
  chmodSync(rootfs, 0o755);
}

describe("isolation of containers", function () {
  this.timeout(30_000);
  let world: World;
  let umask: number;
  before(async function () {
    // As the provider's program does.
    umask = process.umask(0o077);
    world = await World.open();
    if (world.machine.isolation === "none") skip(this, world.machine.notes.get("isolation"));
  });
  after(async () => {
    process.umask(umask);
    await world[Symbol.asyncDispose]();
    expect(world.leftovers()).to.deep.equal([]);
  });

  it("mounts volumes at their paths, read-only where asked, files and folders, new and existing places", async () => {
    const volume = join(world.folder, "volume");
    mkdirSync(volume);
    chmodSync(volume, 0o777);
    writeFileSync(join(volume, "in"), "given\n");
    const mount = (mountPath: string, readOnly: boolean, source = volume) => ({
      volume: "v",
      source,
      mountPath,
      readOnly,
    });
    const mounts = [
      mount("/data/deep/er", false),
      mount("/usr/share/ro", true),
      mount("/var/run/secrets/kubernetes.io/serviceaccount", true),
      mount("/etc/one-file", true, join(volume, "in")),
    ];
    const text =
      "exec 2>&1; cat /data/deep/er/in /usr/share/ro/in /var/run/secrets/kubernetes.io/serviceaccount/in /etc/one-file; echo out >/data/deep/er/out; touch /usr/share/ro/x || echo refused";
    const { output } = await world.run(text, { mounts });
    expect(output).to.contain("given\ngiven\ngiven\ngiven\n");
    expect(output).to.match(/Read-only file system\nrefused\n$/);
    expect(readFileSync(join(volume, "out"), "utf8")).to.equal("out\n");
  });

  it("refuses a mount path that a link in another volume would lead elsewhere", async () => {
    const volume = join(world.folder, "tricky");
    mkdirSync(volume);
    symlinkSync("/etc", join(volume, "inner"));
    const mounts = [
      { volume: "a", source: volume, mountPath: "/data", readOnly: false },
      { volume: "b", source: volume, mountPath: "/data/inner/new", readOnly: false },
    ];
    const failure = await failureOf(world, { mounts });
    expect(failure.reason).to.equal("CreateContainerError");
    expect(failure.message).to.contain("/data/inner/new leads through a link");
  });

  it("gives the pod its own hosts file, host name and termination message", async () => {
    const sandbox = world.sandbox({ resolvConf: "nameserver 192.0.2.1\n" });
    await world.runtime.createSandbox(sandbox);
    const spec = world.container(sandbox, [
      "sh",
      "-c",
      "hostname; cat /etc/hostname /etc/hosts /etc/resolv.conf; echo last words >/dev/termination-log",
    ]);
    await world.runtime.startContainer(spec);
    await world.end(sandbox.uid);
    expect(world.output(sandbox)).to.equal("pod-host\npod-host\n127.0.0.1\tlocalhost\nnameserver 192.0.2.1\n");
    expect(readFileSync(spec.terminationMessageFile, "utf8")).to.equal("last words\n");
    await world.runtime.removePod(sandbox.uid);
  });

  it("keeps writes away from the host, and the provider's own folders out of sight", async () => {
    const mark = `outboard-mark-${world.folder.slice(-6)}`;
    const places = ["/", "/etc", "/tmp"].map((place) => join(place, mark));
    const { output } = await world.run(`touch ${places.join(" ")} && ls -d ${places.join(" ")}; ls -A /run`);
    expect(output).to.equal(`${places.toSorted().join("\n")}\n`);
    for (const place of places) expect(existsSync(place)).to.equal(false);
  });

  it("hides the provider's folders also where they are not below a folder that is emptied", async () => {
    const folder = mkdtempSync("/var/lib/obp-");
    mkdirSync(join(folder, "engine/secrets"), { recursive: true });
    const at = join(folder, "world");
    mkdirSync(at);
    {
      await using elsewhere = await World.open({ at, hidden: [folder] });
      const { output } = await elsewhere.run(`ls -A ${folder}; ls -d ${folder}`);
      expect(output).to.equal(`${folder}\n`);
    }
    rmSync(folder, { recursive: true });
  });

  for (const place of ["/dev/shm", "/run"]) {
    it(`runs with its state below ${place}, which containers do not see`, async function () {
      if (!isWritable(place)) return skip(this, `${place} cannot be written`);
      const at = mkdtempSync(join(place, "obp-"));
      {
        await using elsewhere = await World.open({ at });
        const source = join(at, "given");
        writeFileSync(source, "given\n");
        const mounts = [{ volume: "v", source, mountPath: "/given", readOnly: true }];
        const { output } = await elsewhere.run(`cat /given; ls -d ${at} 2>/dev/null || echo unseen`, { mounts });
        expect(output).to.equal("given\nunseen\n");
      }
      expect(existsSync(at)).to.equal(false);
    });
  }

  it("shows a container its own processes only, the first one as 1", async () => {
    // The shell counts by itself: of a pipeline, one process may have looked before the other one was there.
    const { output } = await world.run("sleep 60 & echo $$; set -- /proc/[0-9]*; echo $#");
    expect(output).to.equal("1\n2\n");
  });

  it("keeps the kernel's settings read-only", async () => {
    const { output } = await world.run("exec 2>&1; echo x >/proc/sys/kernel/domainname");
    expect(output).to.match(/domainname: Read-only file system\n$/);
  });

  it("makes the root read-only on demand", async () => {
    const { output } = await world.run("exec 2>&1; touch /x; touch /tmp/x; echo done", {
      securityContext: { readOnlyRootFilesystem: true },
    });
    expect(output).to.match(/'\/x': Read-only file system\n.*'\/tmp\/x': Read-only file system\ndone\n$/);
  });

  it("runs as the user and groups asked for, and lets that user open its streams", async function () {
    if (!world.machine.privileges) return skip(this, world.machine.notes.get("users"));
    const securityContext = { runAsUser: 1234, runAsGroup: 2345, supplementalGroups: [7, 8], fsGroup: 9 };
    const { output } = await world.run(
      "id -u; id -G; echo x >/dev/stdout; echo y >/dev/termination-log; grep -c . /etc/hosts; grep CapEff /proc/self/status",
      { securityContext },
    );
    expect(output).to.equal("1234\n2345 7 8 9\nx\n1\nCapEff:\t0000000000000000\n");
  });

  it("refuses root where the pod forbids it", async () => {
    const failure = await failureOf(world, { securityContext: { runAsNonRoot: true } });
    expect([failure.reason, failure.message]).to.deep.equal([
      "CreateContainerConfigError",
      "container has runAsNonRoot and image will run as root",
    ]);
  });

  it("drops and adds capabilities, and forbids escalation", async function () {
    if (!world.machine.privileges) return skip(this, world.machine.notes.get("users"));
    const securityContext = {
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "CAP_CHOWN"] },
      allowPrivilegeEscalation: false,
    };
    const { output } = await world.run("grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status", { securityContext });
    expect(output).to.equal("CapEff:\t0000000000001001\nCapBnd:\t0000000000001001\nNoNewPrivs:\t1\n");
    const failure = await failureOf(world, { securityContext: { capabilities: { add: ["NO_SUCH"] } } });
    expect(failure.message).to.equal('unknown capability to add: "CAP_NO_SUCH"');
  });

  it("kills a container above its memory limit and says so", async function () {
    if (!has(world, "memory")) return skip(this, world.machine.notes.get("memory limits"));
    const resources = { requests: new Map(), limits: new Map([["memory", "33554432"]]) };
    const { exit } = await world.run("exec head -c 200000000 /dev/zero | tail", { resources });
    expect(exit.reason).to.equal("OOMKilled");
    expect(exit.exitCode).to.equal(137);
  });

  it("holds a container to its cpu limit", async function () {
    if (!has(world, "cpu")) return skip(this, world.machine.notes.get("cpu limits"));
    const resources = { requests: new Map([["cpu", "50m"]]), limits: new Map([["cpu", "100m"]]) };
    const sandbox = world.sandbox();
    await world.runtime.createSandbox(sandbox);
    await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", "while :; do :; done"], { resources }));
    const before = await cpuOf(world, sandbox.uid);
    const from = Date.now();
    const used = await eventually(async () => {
      const now = await cpuOf(world, sandbox.uid);
      return Date.now() - from > 600 ? now - before : undefined;
    });
    expect(used / ((Date.now() - from) * 1e6)).to.be.lessThan(0.3);
    await world.runtime.updateResources(sandbox.uid, "main", 0, {
      requests: new Map(),
      limits: new Map([["cpu", "200m"]]),
    });
    await world.runtime.removePod(sandbox.uid);
  });

  it("shares the process namespace of the pod on demand, and still ends all of a container", async function () {
    if (world.machine.cgroups.length === 0) return skip(this, "no control groups");
    const sandbox = world.sandbox({ shareProcessNamespace: true });
    await world.runtime.createSandbox(sandbox);
    await world.runtime.startContainer(
      world.container(sandbox, ["sh", "-c", "setsid sleep 86396 & sleep 86396"], { name: "one" }),
    );
    const text = "while ! grep -qs 86396 /proc/[0-9]*/cmdline; do sleep 0.05; done; echo seen";
    await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", text], { name: "two" }));
    await world.end(sandbox.uid, "two");
    expect(world.output(sandbox, "two")).to.equal("seen\n");
    await world.runtime.stopContainer(sandbox.uid, "one", 0, { graceMs: 100 });
    const check = "cat /proc/[0-9]*/comm | grep -c sleep";
    await world.runtime.startContainer(world.container(sandbox, ["sh", "-c", check], { name: "three" }));
    await world.end(sandbox.uid, "three");
    expect(world.output(sandbox, "three")).to.equal("0\n");
    await world.runtime.removePod(sandbox.uid);
  });

  it("lets a pod into the host's IPC namespace only on demand", async () => {
    const seen = await Promise.all(
      [true, false].map(async (hostIPC) => {
        const sandbox = world.sandbox({ manifest: { spec: { hostIPC } } });
        await world.runtime.createSandbox(sandbox);
        await world.runtime.startContainer(world.container(sandbox, ["readlink", "/proc/self/ns/ipc"]));
        await world.end(sandbox.uid);
        const output = world.output(sandbox).trim();
        await world.runtime.removePod(sandbox.uid);
        return output === readlinkSync("/proc/self/ns/ipc");
      }),
    );
    expect(seen).to.deep.equal([true, false]);
  });

  it("gives a container a terminal, and stops it like any other", async function () {
    if (!world.machine.terminal) return skip(this, world.machine.notes.get("terminal"));
    const { output, exit } = await world.run("test -t 0 && test -t 1 && echo $TERM; exit 6", {
      tty: true,
      stdin: true,
    });
    expect(output).to.equal("xterm\r\n");
    expect(exit.exitCode).to.equal(6);
  });
});

async function failureOf(world: World, overrides: Partial<ContainerSpec>): Promise<RuntimeError> {
  const sandbox = world.sandbox();
  await world.runtime.createSandbox(sandbox);
  const spec = world.container(sandbox, ["true"], overrides);
  const failure: unknown = await world.runtime.startContainer(spec).catch((error: unknown) => error);
  await world.runtime.removePod(sandbox.uid);
  return failure as RuntimeError;
}

async function cpuOf(world: World, uid: string): Promise<number> {
  return Number((await world.runtime.stats(uid)).containers[0]?.cpuUsageNanos ?? 0n);
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function has(world: World, controller: string): boolean {
  return world.machine.cgroups.some(({ controllers }) => controllers.includes(controller));
}

function skip(context: Mocha.Context, reason: string | undefined): void {
  process.stdout.write(`      skipped: ${reason ?? "not here"}\n`);
  context.skip();
}
