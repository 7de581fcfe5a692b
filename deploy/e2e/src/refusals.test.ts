import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  createPod,
  eventually,
  isNotFound,
  pod,
  podPhase,
  sharedCluster,
  startWorld,
  useCluster,
} from "./support/index.js";
import { runGateway } from "./support/run-gateway.js";

describe("what cannot work", () => {
  useCluster();
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ob-refusal-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("a provider with no common revision: one clear line, exit code 3", async () => {
    const { startRevisionProvider } = await import("./support/revision-provider.js");
    await using provider = await startRevisionProvider(folder);
    const ended = await runGateway(await sharedCluster(), { nodeName: "node-revision", socket: provider.socket });
    expect(ended.code).to.equal(3);
    expect(
      ended.lines.filter((line) =>
        line.includes("no contract revision in common: this gateway speaks 1, the provider 99"),
      ),
    ).to.have.length(1);
  });

  it("a wrong socket path: one warning, no node, no noise, quiet retries", async () => {
    const cluster = await sharedCluster();
    const running = runGateway(cluster, {
      nodeName: "node-nowhere",
      socket: join(folder, "nowhere.sock"),
      stopAfterMs: 12_000,
    });
    const ended = await running;
    expect(ended.code).to.equal(0);
    expect(ended.lines.filter((line) => line.includes('"level":40') && line.includes("provider lost"))).to.have.length(
      1,
    );
    expect(ended.lines.length).to.be.lessThan(12);
    const error: unknown = await cluster.api.get("/api/v1/nodes/node-nowhere").catch((reason: unknown) => reason);
    expect(isNotFound(error)).to.equal(true);
  });

  it("a pod that asks for an undeclared feature is refused with the path, and never reaches the provider", async () => {
    await using world = await startWorld({
      provider: "memory",
      providerArgs: ["--without-feature", "init_containers"],
    });
    const spec = { ...pod(world, "asks").spec, initContainers: [{ name: "init", image: "i" }] };
    await createPod(world, { ...pod(world, "asks"), spec });
    const refused = await podPhase(world, "asks", "Failed");
    expect(refused.status).to.include({ reason: "UnsupportedFeature" });
    expect(refused.status?.message).to.contain("spec.initContainers");
    await eventually(async () => (await world.kubectl(["get", "events", "-o", "name"])).length > 0, {
      message: "an event",
    });
    expect(
      await world.kubectl([
        "get",
        "events",
        "--field-selector=reason=UnsupportedFeature",
        "-o",
        "jsonpath={.items[0].type}",
      ]),
    ).to.equal("Warning");
  });

  it("a provider without the capability for logs: kubectl prints its name", async () => {
    await using world = await startWorld({ provider: "memory", providerArgs: ["--without-capability", "logs"] });
    await createPod(world, pod(world, "silent"));
    await world.kubectl(["wait", "pod/silent", "--for=condition=Ready", "--timeout=30s"]);
    const { stderr, code } = await world.tryKubectl(["logs", "silent"]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/memory.*does not offer logs/);
  });

  it("a configuration with five mistakes: all five named, exit code 2", async () => {
    const file = join(folder, "gateway.yaml");
    writeFileSync(
      file,
      "node:\n  name: Bad_Name\n  taints: [nope]\nkubelet:\n  port: 99999\nlog:\n  level: loud\nunknown: 1\n",
    );
    const ended = await runGateway(await sharedCluster(), { config: file });
    expect(ended.code).to.equal(2);
    for (const part of ["node.name", "node.taints", "kubelet.port", "log.level", "unknown: unknown setting"]) {
      expect(
        ended.lines.filter((line) => line.includes(part)),
        part,
      ).to.have.length(1);
    }
  });
});
