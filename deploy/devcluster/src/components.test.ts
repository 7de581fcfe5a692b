import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { cacheFolder, ensureComponents, findComponents } from "./components.js";
import { COMPONENTS } from "./component-names.js";
import { PINNED_VERSIONS } from "./versions.js";

async function fakePrograms(folder: string, names: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    await writeFile(join(folder, name), "#!/bin/sh\n");
    await chmod(join(folder, name), 0o755);
  }
}

describe("findComponents", () => {
  let root = "";
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), "outboard-components-"))));
  afterEach(async () => rm(root, { recursive: true, force: true }));

  it("prefers KUBEBUILDER_ASSETS and takes what is missing there from the cache", async () => {
    const env = { KUBEBUILDER_ASSETS: join(root, "assets"), XDG_CACHE_HOME: join(root, "cache") };
    await fakePrograms(env.KUBEBUILDER_ASSETS, ["etcd", "kube-apiserver", "kubectl"]);
    await fakePrograms(cacheFolder(env, PINNED_VERSIONS), COMPONENTS);
    const found = findComponents(env, PINNED_VERSIONS);
    expect(found.get("etcd")).to.equal(join(root, "assets", "etcd"));
    expect(found.get("kube-scheduler")).to.equal(join(cacheFolder(env, PINNED_VERSIONS), "kube-scheduler"));
  });

  it("does not take a file that cannot be executed", async () => {
    const env = { XDG_CACHE_HOME: root };
    await fakePrograms(cacheFolder(env, PINNED_VERSIONS), ["etcd"]);
    await chmod(join(cacheFolder(env, PINNED_VERSIONS), "etcd"), 0o644);
    expect(findComponents(env, PINNED_VERSIONS).has("etcd")).to.equal(false);
  });

  it("keeps the versions apart in the cache", () => {
    const env = { HOME: "/home/me" };
    const folder = cacheFolder(env, { ...PINNED_VERSIONS, kubernetes: "v1.36.1" });
    expect(folder).to.equal("/home/me/.cache/outboard/components/kubernetes-v1.36.1");
  });

  it("says which programs are missing and what to do when there is no go either", async () => {
    const env = { HOME: root, PATH: root };
    const outcome = await ensureComponents({ env, signal: AbortSignal.timeout(5_000) }).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.have.property("reason", "no-binaries");
    expect(outcome)
      .to.have.property("message")
      .that.matches(/etcd, kube-apiserver.*install Go 1\.26/);
  });
});

describe("a build", () => {
  let root = "";
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), "outboard-build-"))));
  afterEach(async () => rm(root, { recursive: true, force: true }));

  /** A stand-in for go: writes the file named after -o and appends its arguments to a log. */
  async function fakeGo(script: string): Promise<NodeJS.ProcessEnv> {
    await fakePrograms(root, ["go"]);
    await writeFile(join(root, "go"), script);
    return { HOME: root, PATH: `${root}:/usr/bin:/bin`, GO_LOG: join(root, "go.log") };
  }

  const BUILD = `#!/bin/sh
echo "$@" >> "$GO_LOG"
while [ "$1" != "-o" ]; do shift; done
echo program > "$2"; chmod 755 "$2"
`;

  it("builds what is missing once, even when two ask at the same time", async () => {
    const env = await fakeGo(BUILD);
    const lines: string[] = [];
    const options = { env, signal: AbortSignal.timeout(20_000), report: (line: string) => void lines.push(line) };
    const [first, second] = await Promise.all([ensureComponents(options), ensureComponents(options)]);
    expect(first).to.deep.equal(second);
    const { readFile } = await import("node:fs/promises");
    const calls = (await readFile(join(root, "go.log"), "utf8")).trim().split("\n");
    expect(calls).to.have.length(5);
    expect(calls[1]).to.contain("-X k8s.io/component-base/version.gitVersion=v1.37.2");
    expect(lines.join("\n")).to.match(/building kube-apiserver v1\.37\.2 \(2 of 5\)/);
    expect(lines.join("\n")).to.match(/built kubectl v1\.37\.2 \(5 of 5\) in \d+ s/);
  }).timeout(20_000);

  it("reports the last lines of go when it fails, and leaves nothing half-built", async () => {
    const env = await fakeGo("#!/bin/sh\necho 'no space left on device' >&2; exit 1\n");
    const outcome = await ensureComponents({ env, signal: AbortSignal.timeout(5_000) }).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.have.property("reason", "build-failed");
    expect(outcome).to.have.property("message").that.contains("no space left on device");
    expect(findComponents(env, PINNED_VERSIONS).size).to.equal(0);
  });
});
