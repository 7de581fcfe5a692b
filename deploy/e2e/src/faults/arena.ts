// What one cell runs on: its own namespace and node, a gateway and a provider as processes, and between them and the API
// server whatever faults need. The control plane is shared.

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, type Cluster, createAuthority, endLeftovers, eventually, issue } from "@outboard/devcluster";
import { manageProcess, type ManagedProcess } from "../support/managed-process.js";
import type { Lease, Node } from "../support/objects.js";
import { conditionOf } from "../support/objects.js";
import { type ApiProxy, startApiProxy } from "./api-proxy.js";
import type { Disk } from "./disk.js";
import { followPods, type History } from "./history.js";
import { type Ledger, list, parseLedger, readText, readTracks } from "./ledger.js";
import type { Link } from "./link.js";
import type { PodPlace } from "./manifests.js";
import { type Kit, prepareSetting, type Setting } from "./setting.js";

export interface Arena extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly api: ApiClient;
  readonly nodeName: string;
  readonly namespace: string;
  readonly place: PodPlace;
  /** Logs, and what is known of a cell that failed. */
  readonly folder: string;
  readonly gateway: ManagedProcess;
  readonly provider: ManagedProcess;
  readonly proxy: ApiProxy;
  readonly link: Link | undefined;
  readonly disk: Disk | undefined;
  readonly history: History;
  /** Of the memory provider: hang, unavailable, flood or none. */
  setMode(mode: string): void;
  /** Sets the gateway's wall clock off by so much. */
  stepClock(offsetMs: number): void;
  startProvider(): Promise<void>;
  /** Waits for a lease that is written after this call, and for a Ready node. */
  alive(timeoutMs: number): Promise<void>;
  ledger(uids: ReadonlyMap<string, string>): Ledger;
  /** Ends gateway and provider; answers what outlived them, and ends that too. */
  quit(): Promise<readonly string[]>;
  /** The folder stays. */
  keep(): void;
}

export interface ArenaOptions {
  readonly cluster: Cluster;
  readonly setting: Setting;
  readonly random: () => number;
}

const SOCKET_MS = 45_000;
const START_MS = 90_000;

export async function openArena(options: ArenaOptions): Promise<Arena> {
  const { cluster, setting } = options;
  await using stack = new AsyncDisposableStack();
  const id = randomBytes(4).toString("hex");
  const [nodeName, namespace] = [`fault-${id}`, `faults-${id}`];
  const folder = mkdtempSync(join(tmpdir(), "ob-f-"));
  let isKept = false;
  stack.defer(() => {
    if (!isKept) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const name of ["state", "tracks"]) mkdirSync(join(folder, name), { mode: 0o755 });
  await cluster.api.create("/api/v1/namespaces", { metadata: { name: namespace } });
  const proxy = stack.use(await proxyFor(options, nodeName, folder));
  const kit: Kit = { cluster, folder, nodeName, kubeconfig: join(folder, "kubeconfig") };
  const { gateway, provider, link, disk, listens } = await prepareSetting(setting, kit, stack);
  const arena: Arena = {
    cluster,
    api: cluster.api,
    nodeName,
    namespace,
    folder,
    proxy,
    link,
    place: { nodeName, namespace, ...(setting.provider === "process" ? { tracks: join(folder, "tracks") } : {}) },
    gateway: manageProcess(gateway, join(folder, "gateway.log")),
    provider: manageProcess(provider, join(folder, "provider.log")),
    disk,
    history: stack.use(followPods(cluster.api, namespace)),
    setMode: (mode) => writeFileSync(join(folder, "faults.json"), JSON.stringify({ mode })),
    stepClock: (offsetMs) => writeFileSync(join(folder, "clock"), String(offsetMs)),
    startProvider: async () => {
      rmSync(join(folder, "provider.sock"), { force: true });
      arena.provider.start();
      await eventually(async () => arena.provider.pid() === undefined || listens(), {
        message: "the provider",
        timeoutMs: SOCKET_MS,
      });
      arena.provider.expectRunning();
    },
    alive: async (timeoutMs) => nodeLives(arena, timeoutMs),
    ledger: (uids) =>
      setting.provider === "memory"
        ? parseLedger(readText(join(folder, "ledger")))
        : readTracks(join(folder, "tracks"), uids, podsIn(disk?.folder ?? join(folder, "state"))),
    quit: async () => {
      await Promise.all([arena.gateway.stop(5_000), arena.provider.stop(5_000)]);
      return endLeftovers(folder).map(({ pid, command }) => `${pid} ${command.slice(0, 160)}`);
    },
    keep: () => (isKept = true),
    [Symbol.asyncDispose]: async () => owned.disposeAsync(),
  };
  stack.defer(async () => close(arena));
  await arena.startProvider();
  arena.gateway.start();
  await arena.alive(START_MS);
  const owned = stack.move();
  return arena;
}

/** UIDs of pods of which the process provider keeps anything. */
function podsIn(state: string): ReadonlySet<string> {
  return new Set(["engine", "runtime"].flatMap((part) => list(join(state, part, "pods"))));
}

async function proxyFor({ cluster, random }: ArenaOptions, nodeName: string, folder: string): Promise<ApiProxy> {
  const config = JSON.parse(readFileSync(await cluster.nodeKubeconfig(nodeName), "utf8")) as Kubeconfig;
  const [{ user } = { user: undefined }] = config.users;
  const identity = {
    certificatePem: decode(user?.["client-certificate-data"]),
    keyPem: decode(user?.["client-key-data"]),
  };
  const authority = createAuthority("faults", new Date());
  const own = issue(
    authority,
    { commonName: "kube-apiserver", usage: "server", ipAddresses: ["127.0.0.1"] },
    new Date(),
  );
  const port = Number(new URL(cluster.server).port);
  const proxy = await startApiProxy({
    own,
    random,
    upstream: { port, ca: readFileSync(cluster.caFile, "utf8"), identity },
  });
  const target = {
    server: proxy.server,
    "certificate-authority-data": Buffer.from(authority.certificatePem).toString("base64"),
  };
  const text = JSON.stringify({ ...config, clusters: [{ name: "devcluster", cluster: target }] });
  writeFileSync(join(folder, "kubeconfig"), text, { mode: 0o600 });
  return proxy;
}

interface Kubeconfig {
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

function decode(text = ""): string {
  return Buffer.from(text, "base64").toString("utf8");
}

async function nodeLives({ api, nodeName, gateway, provider }: Arena, timeoutMs: number): Promise<void> {
  const leasePath = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nodeName}`;
  const versionOf = async (): Promise<string> => (await api.get<Lease>(leasePath)).metadata.resourceVersion ?? "";
  let before: string | undefined = await versionOf().catch(() => "");
  const probe = async (): Promise<boolean> => {
    gateway.expectRunning();
    provider.expectRunning();
    before ??= await versionOf();
    const node = await api.get<Node>(`/api/v1/nodes/${nodeName}`);
    return (await versionOf()) !== before && conditionOf(node, "Ready")?.status === "True";
  };
  await eventually(probe, { message: `node ${nodeName} alive and Ready`, timeoutMs, intervalMs: 300 });
}

async function close(arena: Arena): Promise<void> {
  const { api, namespace, nodeName } = arena;
  arena.disk?.free();
  await arena.quit();
  for (const path of [
    `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${nodeName}`,
    `/api/v1/nodes/${nodeName}`,
    `/api/v1/namespaces/${namespace}`,
  ]) {
    await api.delete(path).catch(() => undefined);
  }
}
