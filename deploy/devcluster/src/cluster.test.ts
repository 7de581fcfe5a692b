import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Cluster, startCluster } from "./cluster.js";
import { eventually } from "./eventually.js";
import { isAlive, type ProcessMark } from "./process-mark.js";
import { requireControlPlane } from "./test-gate.js";

const quiet = (): void => undefined;

function children(folder: string): ProcessMark[] {
  const pids = join(folder, "pids");
  return readdirSync(pids).map((name) => JSON.parse(readFileSync(join(pids, name), "utf8")) as ProcessMark);
}

describe("startCluster", function () {
  this.timeout(120_000);
  let parentFolder = "";

  before(async function () {
    await requireControlPlane(this);
    parentFolder = mkdtempSync(join(tmpdir(), "outboard-cluster-test-"));
  });
  after(() => rmSync(parentFolder, { recursive: true, force: true }));

  const start = async (): Promise<Cluster> => startCluster({ parentFolder, report: quiet });

  it("answers when pods can be created, and leaves nothing behind", async () => {
    const cluster = await start();
    const marks = children(cluster.folder);
    const pod = { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "x" }] } };
    await cluster.api.create("/api/v1/namespaces/default/pods", pod);
    expect(await cluster.kubectl.run(["get", "pods", "-o", "name"])).to.equal("pod/p\n");
    await cluster[Symbol.asyncDispose]();
    expect(marks).to.have.length(4);
    expect(marks.filter(isAlive)).to.deep.equal([]);
    expect(existsSync(cluster.folder)).to.equal(false);
  });

  it("runs two at once, each with its own objects", async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await using _one = one;
    await using _two = two;
    await one.api.create("/api/v1/namespaces", { metadata: { name: "only-in-one" } });
    expect(await two.kubectl.attempt(["get", "ns", "only-in-one"])).to.have.property("code", 1);
  });

  it("keeps data over a killed API server and an etcd restart", async () => {
    await using cluster = await start();
    await cluster.api.create("/api/v1/namespaces", { metadata: { name: "kept" } });
    await cluster.killApiServer();
    const outage = await cluster.api.get("/api/v1/namespaces/kept").catch((error: unknown) => error);
    expect(outage).to.be.instanceOf(Error);
    await cluster.startApiServer();
    await cluster.restartEtcd();
    expect((await cluster.api.get("/api/v1/namespaces/kept")).metadata.name).to.equal("kept");
    expect(cluster.died.aborted).to.equal(false);
  });

  it("gives a node the rights of that node only", async () => {
    await using cluster = await start();
    const kubeconfig = await cluster.nodeKubeconfig("n1");
    const create = async (name: string): Promise<number> => {
      const input = JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name } });
      return (await cluster.kubectl.attempt(["create", "-f", "-"], { input, kubeconfig })).code;
    };
    expect(await create("n1")).to.equal(0);
    expect(await create("n2")).to.equal(1);
  });

  it("runs the controllers that turn a deployment into pods", async () => {
    await using cluster = await start();
    await cluster.kubectl.run(["create", "deployment", "web", "--image=x", "--replicas=2"]);
    const probe = async (): Promise<boolean> =>
      (await cluster.api.list("/api/v1/namespaces/default/pods")).items.length === 2;
    await eventually(probe, { message: "two pods of the deployment" });
  });

  it("reports the component that died, with the end of its log", async () => {
    const lines: string[] = [];
    await using cluster = await startCluster({ parentFolder, report: (line) => void lines.push(line) });
    const [first] = children(cluster.folder);
    process.kill(first?.pid ?? -1, "SIGKILL");
    await eventually(() => cluster.died.aborted, { message: "news of the death" });
    expect(lines.join("\n")).to.match(/was ended by SIGKILL; the end of its log:/);
  });

  it("explains a refused flag at once and keeps the logs", async () => {
    const outcome = await startCluster({ parentFolder, report: quiet, apiServerArgs: ["--no-such-flag"] }).catch(
      (error: unknown) => error,
    );
    expect(outcome).to.have.property("reason", "component-died");
    expect(outcome).to.have.property("message").that.contains("unknown flag: --no-such-flag");
  });

  it("takes its children with it when its process is killed, and a later start sweeps the folder", async () => {
    const code = `import { startCluster } from ${JSON.stringify(new URL("./cluster.js", import.meta.url).href)};
      const c = await startCluster({ parentFolder: process.argv[1], report: () => undefined });
      console.log(c.folder); setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", code, parentFolder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const folder = await new Promise<string>((resolve) =>
      owner.stdout.once("data", (text: Buffer) => resolve(text.toString().trim())),
    );
    const marks = children(folder);
    owner.kill("SIGKILL");
    await eventually(() => marks.every((mark) => !isAlive(mark)), { message: "the end of its children" });
    await using _next = await start();
    expect(existsSync(folder)).to.equal(false);
  });
});
