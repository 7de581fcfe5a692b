// What changes under a running pod: files of each kind are new within 10 s; variables and sub paths stay as they were.

import { expect } from "chai";
import {
  container,
  createPod,
  eventually,
  pod,
  podPath,
  podRunning,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";

const VISIBLE_MS = 10_000;

async function createObjects(world: World): Promise<void> {
  const base = `/api/v1/namespaces/${world.namespace}`;
  await world.api.create(`${base}/configmaps`, { metadata: { name: "settings" }, data: { color: "blue" } });
  await world.api.create(`${base}/secrets`, { metadata: { name: "keys" }, stringData: { password: "one" } });
}

/** What the running pod shows of these files, one line each. */
async function show(world: World, name: string, ...files: readonly string[]): Promise<readonly string[]> {
  const script = files.map((file) => `cat ${file} 2>/dev/null; echo`).join("; ");
  return (await world.kubectl(["exec", name, "--", "sh", "-c", script])).split("\n").slice(0, files.length);
}

async function becomes(world: World, name: string, wanted: Readonly<Record<string, string>>): Promise<void> {
  const files = Object.keys(wanted);
  let seen: readonly string[] = [];
  await eventually(
    async () => {
      seen = await show(world, name, ...files);
      return files.every((file, at) => seen[at] === wanted[file]);
    },
    { message: `${JSON.stringify(wanted)} in the container`, timeoutMs: VISIBLE_MS, intervalMs: 200 },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; seen: ${JSON.stringify(seen)}`, { cause: error });
  });
}

describe("a change of what a running pod refers to", () => {
  useCluster();

  it("is visible in files within 10 s; variables and sub paths stay", async () => {
    await using world = await startWorld({ provider: "process" });
    await createObjects(world);
    const volumes = [
      { name: "cfg", configMap: { name: "settings" } },
      { name: "sec", secret: { secretName: "keys" } },
      { name: "later", configMap: { name: "not-yet", optional: true } },
      { name: "down", downwardAPI: { items: [{ path: "tier", fieldRef: { fieldPath: "metadata.labels['tier']" } }] } },
      {
        name: "all",
        projected: {
          sources: [
            { configMap: { name: "settings" } },
            { secret: { name: "keys" } },
            { downwardAPI: { items: [{ path: "note", fieldRef: { fieldPath: "metadata.annotations['note']" } }] } },
          ],
        },
      },
    ];
    const main = {
      ...container("main"),
      env: [{ name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } }],
      volumeMounts: [
        ...["cfg", "sec", "later", "down", "all"].map((name) => ({ name, mountPath: `/${name}` })),
        { name: "cfg", mountPath: "/one", subPath: "color" },
      ],
    };
    const labels = { tier: "front" };
    const base = pod(world, "live", { labels, annotations: { note: "a" } });
    await createPod(world, { ...base, spec: { ...base.spec, volumes, containers: [main] } });
    await podRunning(world, "live");
    await becomes(world, "live", {
      "/cfg/color": "blue",
      "/sec/password": "one",
      "/down/tier": "front",
      "/all/color": "blue",
      "/all/password": "one",
      "/all/note": "a",
      "/later/k": "",
      "/one": "blue",
    });

    const objects = `/api/v1/namespaces/${world.namespace}`;
    await world.api.patch(`${objects}/configmaps/settings`, { data: { color: "red" } });
    await becomes(world, "live", { "/cfg/color": "red", "/all/color": "red", "/one": "blue" });
    await world.api.patch(`${objects}/secrets/keys`, { stringData: { password: "two" } });
    await becomes(world, "live", { "/sec/password": "two", "/all/password": "two" });
    await world.api.create(`${objects}/configmaps`, { metadata: { name: "not-yet" }, data: { k: "here" } });
    await becomes(world, "live", { "/later/k": "here" });
    await world.api.patch(podPath(world, "live"), {
      metadata: { labels: { tier: "back" }, annotations: { note: "b" } },
    });
    await becomes(world, "live", { "/down/tier": "back", "/all/note": "b" });
    expect(await world.kubectl(["exec", "live", "--", "sh", "-c", "echo $COLOR"])).to.equal("blue\n");
  });

  it("is visible in pods that an earlier gateway process created", async () => {
    await using world = await startWorld({ provider: "process" });
    await createObjects(world);
    const volumes = [{ name: "cfg", configMap: { name: "settings" } }];
    const main = { ...container("main"), volumeMounts: [{ name: "cfg", mountPath: "/cfg" }] };
    const base = pod(world, "old");
    await createPod(world, { ...base, spec: { ...base.spec, volumes, containers: [main] } });
    await podRunning(world, "old");
    await world.gateway.kill();
    const settings = `/api/v1/namespaces/${world.namespace}/configmaps/settings`;
    await world.api.patch(settings, { data: { color: "green" } });
    world.gateway.start();
    await eventually(async () => (await show(world, "old", "/cfg/color"))[0] === "green", {
      message: "the change that came while no gateway ran",
      timeoutMs: 60_000,
    });
    await world.api.patch(settings, { data: { color: "white" } });
    await becomes(world, "old", { "/cfg/color": "white" });
  });
});
