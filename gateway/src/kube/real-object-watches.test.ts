import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
// oxlint-disable-next-line import/no-unassigned-import -- sets globals at its first load, which must not be in a test
import "./certificate-request.js";
import type { Pod } from "../domain/kubernetes.js";
import { systemClock } from "../lifecycle/system-clock.js";
import { podStatusPatch } from "../domain/status-diff.js";
import { connectKube, type Kube } from "./connect.js";
import { type Cluster, eventually, nodeObject, startOrSkip } from "./testing/control-plane.js";
import { type CountingProxy, startCountingProxy } from "./testing/counting-proxy.js";

const NODE = "watcher";
const MAPS = "/api/v1/namespaces/default/configmaps";
const COUNT = 500;
const PER_POD = 100;
/** Of the pool for short calls, and the watch on services. */
const OTHER_CONNECTIONS = 16 + 1;
/** The API server takes 100 streams on each connection. */
const WATCH_CONNECTIONS = 5;

describe("watches on single objects of a real API server", function () {
  let cluster: Cluster;
  let proxy: CountingProxy;
  let kube: Kube;
  before(async function () {
    cluster = await startOrSkip(this);
    const kubeconfig = await cluster.nodeKubeconfig(NODE);
    const text = await readFile(kubeconfig, "utf8");
    const port = /https:\/\/[^:]+:(\d+)/.exec(text)?.[1] ?? "";
    proxy = await startCountingProxy(Number(port));
    await writeFile(kubeconfig, text.replaceAll(`:${port}`, `:${proxy.port}`));
    kube = await connectKube({ kubeconfig, nodeName: NODE, clock: systemClock, statusDiff: podStatusPatch });
    await kube.node.create(nodeObject(NODE), AbortSignal.timeout(60_000));
  });
  after(async () => {
    await kube?.[Symbol.asyncDispose]();
    await proxy?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  async function createPod(name: string, maps: readonly string[]): Promise<Pod> {
    return cluster.api.create<Pod>("/api/v1/namespaces/default/pods", {
      metadata: { name },
      spec: {
        nodeName: NODE,
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        containers: [{ name: "c", image: "example.invalid/i:1" }],
        volumes: maps.map((map) => ({ name: map, configMap: { name: map, optional: true } })),
      },
    });
  }

  async function createMaps(names: readonly string[]): Promise<void> {
    const rest = [...names];
    const worker = async (): Promise<void> => {
      for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
        await cluster.api.create(MAPS, { metadata: { name }, data: { k: "1" } });
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
  }

  it("share few connections however many there are, and go on after these broke", async function () {
    this.timeout(120_000);
    const names = Array.from({ length: COUNT }, (_, index) => `many-${index}`);
    await createMaps(names);
    const told = new Set<string>();
    const pods: Pod[] = [];
    for (let at = 0; at < COUNT; at += PER_POD) {
      const own = names.slice(at, at + PER_POD);
      const pod = await createPod(`many-${at}`, own);
      pods.push(pod);
      kube.inputs.follow(pod, { configMaps: own, secrets: [] }, () => told.add(pod.metadata.name));
    }
    await eventually(() => kube.inputs.watching === COUNT, { message: "a list of every object" });
    const change = async (k: string, index: number): Promise<void> => {
      told.clear();
      const changed = names.filter((_, at) => at % PER_POD === index);
      for (const name of changed) await cluster.api.patch(`${MAPS}/${name}`, { data: { k } });
      await eventually(() => told.size === pods.length, { message: "every pod told", timeoutMs: 10_000 });
    };
    await change("2", 3);
    expect(proxy.open()).to.be.within(WATCH_CONNECTIONS, OTHER_CONNECTIONS + WATCH_CONNECTIONS);
    proxy.cut();
    await change("3", 99);
    expect(proxy.open()).to.be.at.most(OTHER_CONNECTIONS + WATCH_CONNECTIONS);
    for (const { metadata } of pods) kube.inputs.unfollow(metadata.uid);
    expect(kube.inputs.watching).to.equal(0);
    told.clear();
    await cluster.api.patch(`${MAPS}/many-3`, { data: { k: "4" } });
    await cluster.api.patch(`${MAPS}/many-4`, { data: { k: "4" } });
    expect(told.size).to.equal(0);
  });

  it("tell when an object appears and when it goes, and leave immutable ones alone", async () => {
    const pod = await createPod("late", ["late", "fixed"]);
    await cluster.api.create(MAPS, { metadata: { name: "fixed" }, data: { k: "1" }, immutable: true });
    let told = 0;
    kube.inputs.follow(pod, { configMaps: ["late", "fixed"], secrets: [] }, () => told++);
    await eventually(() => kube.inputs.watching === 2, { message: "a list of both" });
    await cluster.api.create(MAPS, { metadata: { name: "late" }, data: { k: "1" } });
    await eventually(() => told === 1, { message: "told of its creation", timeoutMs: 10_000 });
    await cluster.api.patch(`${MAPS}/fixed`, { metadata: { labels: { changed: "yes" } } });
    await cluster.api.delete(`${MAPS}/late`);
    await eventually(() => told === 2, { message: "told of its end", timeoutMs: 10_000 });
    kube.inputs.unfollow(pod.metadata.uid);
  });
});
