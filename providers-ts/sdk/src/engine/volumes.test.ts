import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { strictUmask, tempFolder } from "./testing/temp-folder.js";
import { boundedTmpfs, openTmpfsMounter } from "./tmpfs.js";
import { noTmpfs, placeVolume, prepareVolumes, removeVolumes, type TmpfsMounter, writeVolumes } from "./volumes.js";

function podWith(
  volume: Readonly<Record<string, unknown>>,
  securityContext: Readonly<Record<string, unknown>> = {},
): Parameters<typeof prepareVolumes>[1] {
  const volumes = [{ name: "v", ...volume }];
  const containers = [{ name: "c", volumeMounts: [{ name: "v", mountPath: "/v" }] }];
  return { metadata: { name: "p", namespace: "ns" }, spec: { containers, volumes, securityContext } };
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o7777;
}

const FILE = { path: "f", mode: 0o600, sha256: new Uint8Array(), content: Buffer.from("x"), sensitive: false };

class RecordingTmpfs implements TmpfsMounter {
  readonly calls: string[] = [];

  async mount(folder: string, sizeBytes?: number): Promise<boolean> {
    this.calls.push(`mount ${folder.split("/").at(-1)} ${sizeBytes}`);
    return await Promise.resolve(true);
  }

  async unmount(folder: string): Promise<void> {
    this.calls.push(`unmount ${folder.split("/").at(-1)}`);
    await Promise.resolve();
  }
}

describe("volumes", () => {
  it("makes an emptyDir that everyone may write, keeps its content over a second call, removes it at the end", async () => {
    using folder = tempFolder();
    const pod = podWith({ emptyDir: {} });
    await prepareVolumes({ folder: folder.path, tmpfs: noTmpfs }, pod, []);
    const path = join(folder.path, "volumes", "v");
    expect(statSync(path).mode & 0o777).to.equal(0o777);
    writeFileSync(join(path, "f"), "1");
    await prepareVolumes({ folder: folder.path, tmpfs: noTmpfs }, pod, []);
    expect(readFileSync(join(path, "f"), "utf8")).to.equal("1");
    await removeVolumes({ folder: folder.path, tmpfs: noTmpfs });
    expect(() => statSync(path)).to.throw("ENOENT");
  });

  it("puts memory volumes of a size and sensitive files into tmpfs", async () => {
    using folder = tempFolder();
    const tmpfs = new RecordingTmpfs();
    await prepareVolumes(
      { folder: folder.path, tmpfs },
      podWith({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }),
      [],
    );
    const inputs = [
      { name: "secret", files: [{ ...FILE, sensitive: true }] },
      { name: "plain", files: [FILE] },
    ];
    await prepareVolumes({ folder: folder.path, tmpfs }, podWith({}), inputs);
    await removeVolumes({ folder: folder.path, tmpfs });
    expect([...tmpfs.calls.slice(0, 2), ...tmpfs.calls.slice(2).toSorted()]).to.deep.equal([
      "mount v 1048576",
      "mount secret undefined",
      "unmount plain",
      "unmount secret",
      "unmount v",
    ]);
  });

  it("gives folders the kubelet's modes, whatever the umask", async () => {
    using folder = tempFolder();
    using _umask = strictUmask();
    const made = (name: string): string => join(folder.path, "volumes", name);
    const modes: number[] = [];
    for (const volume of [{ emptyDir: {} }, { configMap: {} }, { secret: {} }, { projected: {} }]) {
      const inputs = "emptyDir" in volume ? [] : [{ name: "v", files: [FILE] }];
      await prepareVolumes({ folder: folder.path, tmpfs: noTmpfs }, podWith(volume), inputs);
      modes.push(modeOf(made("v")));
      await removeVolumes({ folder: folder.path, tmpfs: noTmpfs });
    }
    expect(modes).to.deep.equal([0o777, 0o777, 0o1777, 0o1777]);
  });

  it("belong to the pod's fsGroup, with the set-group-id bit", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    using folder = tempFolder();
    using _umask = strictUmask();
    const inputs = [{ name: "cfg", files: [FILE] }];
    const pod = podWith({ emptyDir: {} }, { fsGroup: 1234 });
    const volumes = [...(pod.spec.volumes ?? []), { name: "cfg", configMap: {} }];
    await prepareVolumes({ folder: folder.path, tmpfs: noTmpfs }, { ...pod, spec: { ...pod.spec, volumes } }, inputs);
    const found = ["v", "cfg"].map((name) => join(folder.path, "volumes", name));
    expect(found.map((path) => [modeOf(path), statSync(path).gid])).to.deep.equal([
      [0o2777, 1234],
      [0o2777, 1234],
    ]);
  });

  it("in memory are no larger than what all pods may have", async () => {
    const inner = new RecordingTmpfs();
    const tmpfs = boundedTmpfs(inner, () => 100);
    for (const size of [undefined, 0, 50, 200]) await tmpfs.mount("/v", size);
    await boundedTmpfs(inner, () => undefined).mount("/v");
    const sizes = inner.calls.map((call) => call.split(" ").at(-1));
    expect(sizes).to.deep.equal(["100", "100", "50", "100", "undefined"]);
  });

  it("leave nothing in a tmpfs that another namespace holds on to", async () => {
    using folder = tempFolder();
    const seen: boolean[] = [];
    const path = join(folder.path, "volumes", "v");
    const tmpfs = {
      ...noTmpfs,
      unmount: async () => void seen.push(await readdir(path).then((all) => all.length > 0)),
    };
    await prepareVolumes({ folder: folder.path, tmpfs }, podWith({ secret: {} }), [{ name: "v", files: [FILE] }]);
    await removeVolumes({ folder: folder.path, tmpfs });
    expect(seen).to.deep.equal([false]);
  });

  it("put a secret that is not there yet into tmpfs before the sandbox is made, and mount nothing later", async () => {
    using folder = tempFolder();
    const tmpfs = new RecordingTmpfs();
    const pod = podWith({ secret: { optional: true } });
    await prepareVolumes({ folder: folder.path, tmpfs }, pod, [{ name: "v", files: [] }]);
    await writeVolumes({ folder: folder.path, tmpfs }, pod, [{ name: "v", files: [{ ...FILE, sensitive: true }] }]);
    expect(tmpfs.calls).to.deep.equal(["mount v undefined"]);
    expect(readFileSync(join(folder.path, "volumes/v/f"), "utf8")).to.equal("x");
  });

  it("put one that no container mounts yet into tmpfs too: an ephemeral container may come, and its inputs with it", async () => {
    using folder = tempFolder();
    const tmpfs = new RecordingTmpfs();
    const { metadata, spec } = podWith({ secret: {} });
    const pod = { metadata, spec: { ...spec, containers: [{ name: "c" }] } };
    await prepareVolumes({ folder: folder.path, tmpfs }, pod, []);
    await writeVolumes({ folder: folder.path, tmpfs }, pod, [{ name: "v", files: [{ ...FILE, sensitive: true }] }]);
    expect(tmpfs.calls).to.deep.equal(["mount v undefined"]);
  });

  it("are in the pod's folder in memory where they may hold secrets, and only there", async () => {
    using folder = tempFolder();
    using memory = tempFolder();
    const tmpfs = new RecordingTmpfs();
    const home = { folder: join(folder.path, "pod"), memory: join(memory.path, "u.volumes"), tmpfs };
    const pod = podWith({ secret: {} });
    const inputs = [{ name: "v", files: [{ ...FILE, sensitive: true }] }];
    await prepareVolumes(home, pod, inputs);
    expect(placeVolume(home, { name: "v", secret: {} }, inputs)?.folder).to.equal(join(home.memory, "v"));
    expect(readFileSync(join(home.memory, "v/f"), "utf8")).to.equal("x");
    expect(await readdir(join(home.folder, "volumes"))).to.deep.equal([]);
    await removeVolumes(home);
    expect([tmpfs.calls, await readdir(memory.path)]).to.deep.equal([[], []]);
  });

  it("makes or refuses paths of the host by their type", async () => {
    using folder = tempFolder();
    using _umask = strictUmask();
    const path = join(folder.path, "host", "made");
    const file = join(folder.path, "file");
    await prepareVolumes(
      { folder: folder.path, tmpfs: noTmpfs },
      podWith({ hostPath: { path, type: "DirectoryOrCreate" } }),
      [],
    );
    await prepareVolumes(
      { folder: folder.path, tmpfs: noTmpfs },
      podWith({ hostPath: { path: file, type: "FileOrCreate" } }),
      [],
    );
    expect(statSync(path).isDirectory()).to.equal(true);
    expect([dirname(path), path, file].map(modeOf)).to.deep.equal([0o755, 0o755, 0o644]);
    const wrong = prepareVolumes(
      { folder: folder.path, tmpfs: noTmpfs },
      podWith({ hostPath: { path, type: "File" } }),
      [],
    );
    const error: unknown = await wrong.catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain(`hostPath type check failed: ${path} is not a file, it's a Directory`);
  });

  it("does not check a path of the host that no container mounts", async () => {
    using folder = tempFolder();
    const pod = podWith({ hostPath: { path: join(folder.path, "none"), type: "Directory" } });
    const spec = { ...pod.spec, containers: [{ name: "c" }] };
    await prepareVolumes({ folder: folder.path, tmpfs: noTmpfs }, { ...pod, spec }, []);
  });

  it("are in a real tmpfs where this process may mount", async function () {
    using folder = tempFolder();
    const trial = mkdtempSync(join(tmpdir(), "engine-mount-"));
    const tmpfs = await openTmpfsMounter(trial);
    rmSync(trial, { recursive: true });
    if (tmpfs === undefined) return this.skip();
    await prepareVolumes(
      { folder: folder.path, tmpfs },
      podWith({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }),
      [],
    );
    await prepareVolumes(
      { folder: folder.path, tmpfs },
      podWith({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }),
      [],
    );
    const path = join(folder.path, "volumes", "v");
    expect(readFileSync("/proc/self/mountinfo", "utf8")).to.contain(` ${path} `);
    await removeVolumes({ folder: folder.path, tmpfs });
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.to.contain(` ${path} `);
  });

  it("has folders in a volume of files for what is mounted below it, and keeps them when the files change", async () => {
    using folder = tempFolder();
    using _umask = strictUmask();
    const home = { folder: folder.path, tmpfs: noTmpfs };
    const mounts = [
      { name: "v", mountPath: "/a/" },
      { name: "w", mountPath: "/a/b/c" },
      { name: "w", mountPath: "/a/b/c/d" },
      { name: "w", mountPath: "/ab" },
    ];
    const spec = { containers: [{ name: "c", volumeMounts: mounts }], volumes: [{ name: "v", configMap: {} }] };
    const pod = { metadata: { name: "p", namespace: "ns" }, spec };
    await prepareVolumes(home, pod, [{ name: "v", files: [FILE] }]);
    await writeVolumes(home, pod, [{ name: "v", files: [{ ...FILE, path: "g" }] }]);
    const path = join(folder.path, "volumes", "v");
    expect((await readdir(path)).filter((name) => !name.startsWith("..")).sort()).to.deep.equal(["b", "g"]);
    expect(await readdir(join(path, "b"))).to.deep.equal(["c"]);
    expect(await readdir(join(path, "b", "c"))).to.deep.equal([]);
    expect([modeOf(join(path, "b")), modeOf(join(path, "b", "c"))]).to.deep.equal([0o755, 0o755]);
  });

  it("says in the kubelet's words why a path of the host cannot be made", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "none", "file");
    const home = { folder: join(folder.path, "pod"), tmpfs: noTmpfs };
    const pod = podWith({ hostPath: { path, type: "FileOrCreate" } });
    const error: unknown = await prepareVolumes(home, pod, []).catch((reason: unknown) => reason);
    const text = `MountVolume.SetUp failed for volume "v" : open ${path}: no such file or directory`;
    expect((error as Error).message).to.equal(text);
  });
});
