import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tempFolder } from "./testing/temp-folder.js";
import { openTmpfsMounter } from "./tmpfs.js";
import { noTmpfs, prepareVolumes, removeVolumes, type TmpfsMounter } from "./volumes.js";

function podWith(volume: Readonly<Record<string, unknown>>): Parameters<typeof prepareVolumes>[1] {
  const volumes = [{ name: "v", ...volume }];
  return { metadata: { name: "p", namespace: "ns" }, spec: { containers: [{ name: "c" }], volumes } };
}

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
    await prepareVolumes(folder.path, pod, [], noTmpfs);
    const path = join(folder.path, "volumes", "v");
    expect(statSync(path).mode & 0o777).to.equal(0o777);
    writeFileSync(join(path, "f"), "1");
    await prepareVolumes(folder.path, pod, [], noTmpfs);
    expect(readFileSync(join(path, "f"), "utf8")).to.equal("1");
    await removeVolumes(folder.path, noTmpfs);
    expect(() => statSync(path)).to.throw("ENOENT");
  });

  it("puts memory volumes of a size and sensitive files into tmpfs", async () => {
    using folder = tempFolder();
    const tmpfs = new RecordingTmpfs();
    await prepareVolumes(folder.path, podWith({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }), [], tmpfs);
    const file = { path: "f", mode: 0o600, sha256: new Uint8Array(), content: Buffer.from("x") };
    const inputs = [
      { name: "secret", files: [{ ...file, sensitive: true }] },
      { name: "plain", files: [{ ...file, sensitive: false }] },
    ];
    await prepareVolumes(folder.path, podWith({}), inputs, tmpfs);
    await removeVolumes(folder.path, tmpfs);
    expect([...tmpfs.calls.slice(0, 2), ...tmpfs.calls.slice(2).toSorted()]).to.deep.equal([
      "mount v 1048576",
      "mount secret undefined",
      "unmount plain",
      "unmount secret",
      "unmount v",
    ]);
  });

  it("makes or refuses paths of the host by their type", async () => {
    using folder = tempFolder();
    const path = join(folder.path, "host", "made");
    await prepareVolumes(folder.path, podWith({ hostPath: { path, type: "DirectoryOrCreate" } }), [], noTmpfs);
    expect(statSync(path).isDirectory()).to.equal(true);
    const wrong = prepareVolumes(folder.path, podWith({ hostPath: { path, type: "File" } }), [], noTmpfs);
    const error: unknown = await wrong.catch((thrown: unknown) => thrown);
    expect(String(error)).to.contain(`hostPath type check failed: ${path} is not a File`);
  });

  it("are in a real tmpfs where this process may mount", async function () {
    using folder = tempFolder();
    const trial = mkdtempSync(join(tmpdir(), "engine-mount-"));
    const tmpfs = await openTmpfsMounter(trial);
    rmSync(trial, { recursive: true });
    if (tmpfs === undefined) return this.skip();
    await prepareVolumes(folder.path, podWith({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }), [], tmpfs);
    await prepareVolumes(folder.path, podWith({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }), [], tmpfs);
    const path = join(folder.path, "volumes", "v");
    expect(readFileSync("/proc/self/mountinfo", "utf8")).to.contain(` ${path} `);
    await removeVolumes(folder.path, tmpfs);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.to.contain(` ${path} `);
  });
});
