// The floor: the least that any agent can do. One watch, one PATCH to Running per pod; for a pod that is to end, one
// terminal PATCH and one DELETE. No provider, no logic, no retries: it shows what the machine and the API server allow.
// Arguments: kubeconfig, node name, pods.

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Pool } from "undici";

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } },
  ];
  readonly users: readonly [
    { readonly user: { readonly "client-certificate-data": string; readonly "client-key-data": string } },
  ];
}

interface FloorPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
}

interface FloorEvent {
  readonly type: string;
  readonly object: FloorPod;
}

type Send = (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: object) => Promise<number>;

const CONNECTIONS = 16;
const HEARTBEAT_MS = 10_000;
const REOPEN_MS = 100;
const MERGE = "application/merge-patch+json";
const [kubeconfigFile = "", nodeName = "", pods = "110"] = process.argv.slice(2);

await main();

async function main(): Promise<void> {
  const { origin, tls } = readConfig(kubeconfigFile);
  const pool = new Pool(origin, { connections: CONNECTIONS, connect: tls, keepAliveTimeout: 60_000 });
  const watchPool = new Pool(origin, { connections: 1, connect: tls, bodyTimeout: 0 });
  const send: Send = async (method, path, body) => {
    const headers = { "content-type": method === "PATCH" ? MERGE : "application/json" };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const { statusCode, body: answer } = await pool.request({ method, path, headers, ...content });
    await answer.dump();
    return statusCode;
  };
  await register(send);
  void heartbeat(send);
  await followPods(watchPool, createAgent(send));
}

function readConfig(file: string): { readonly origin: string; readonly tls: object } {
  const { clusters, users } = JSON.parse(readFileSync(file, "utf8")) as Kubeconfig;
  const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8");
  const [{ cluster }] = clusters;
  const [{ user }] = users;
  const tls = {
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  };
  return { origin: cluster.server, tls };
}

async function register(send: Send): Promise<void> {
  const room = { cpu: "10000", memory: "10Ti", pods };
  const labels = { "kubernetes.io/hostname": nodeName };
  await send("POST", "/api/v1/nodes", { metadata: { name: nodeName, labels } });
  const now = new Date().toISOString();
  const ready = { type: "Ready", status: "True", reason: "Floor", message: "", lastHeartbeatTime: now };
  const conditions = [{ ...ready, lastTransitionTime: now }];
  await send("PATCH", `/api/v1/nodes/${nodeName}/status`, {
    status: { capacity: room, allocatable: room, conditions },
  });
}

async function heartbeat(send: Send): Promise<void> {
  const path = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const spec = (): object => {
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    return { holderIdentity: nodeName, leaseDurationSeconds: 40, renewTime };
  };
  await send("POST", path, { metadata: { name: nodeName }, spec: spec() });
  for (;;) {
    await wait(HEARTBEAT_MS);
    await send("PATCH", `${path}/${nodeName}`, { spec: spec() });
  }
}

/** What it does about a pod, once for each. */
function createAgent(send: Send): (pod: FloorPod) => void {
  const started = new Set<string>();
  const ended = new Set<string>();
  return (pod) => {
    const { uid, namespace, name, deletionTimestamp } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    if (deletionTimestamp === undefined && !started.has(uid)) {
      started.add(uid);
      void send("PATCH", `${path}/status`, { status: runningStatus(pod) });
    }
    if (deletionTimestamp !== undefined && !ended.has(uid)) {
      ended.add(uid);
      void endPod(send, path, pod);
    }
  };
}

async function endPod(send: Send, path: string, pod: FloorPod): Promise<void> {
  await send("PATCH", `${path}/status`, { status: endedStatus(pod) });
  await send("DELETE", path, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
}

function runningStatus({ spec }: FloorPod): object {
  const now = new Date().toISOString();
  const condition = { status: "True", lastTransitionTime: now };
  return {
    phase: "Running",
    hostIP: "127.0.0.1",
    podIP: "10.0.0.1",
    podIPs: [{ ip: "10.0.0.1" }],
    startTime: now,
    conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({ type, ...condition })),
    containerStatuses: spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: "",
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: now } },
    })),
  };
}

function endedStatus({ spec }: FloorPod): object {
  const now = new Date().toISOString();
  const terminated = { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now };
  return {
    phase: "Succeeded",
    containerStatuses: spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: "",
      ready: false,
      restartCount: 0,
      state: { terminated },
    })),
  };
}

/** The API server ends watches of slow readers: it goes on where it was. */
async function followPods(pool: Pool, take: (pod: FloorPod) => void): Promise<void> {
  const place = { resourceVersion: "0" };
  for (;;) await readEvents(pool, place, take).catch(async (error: unknown) => reopenSoon(error));
}

/** A watch that cannot go on, since what it asks for is too old, ends the program: it is the floor, not an agent. */
async function reopenSoon(error: unknown): Promise<void> {
  if (error instanceof RangeError) throw error;
  await wait(REOPEN_MS);
}

async function readEvents(
  pool: Pool,
  place: { resourceVersion: string },
  take: (pod: FloorPod) => void,
): Promise<void> {
  const query = { watch: true, fieldSelector: `spec.nodeName=${nodeName}`, resourceVersion: place.resourceVersion };
  const { body } = await pool.request({ method: "GET", path: "/api/v1/pods", query });
  let rest = "";
  for await (const chunk of body.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as FloorEvent;
      if (type === "ERROR") throw new RangeError(`the watch cannot go on: ${line.slice(0, 200)}`);
      place.resourceVersion = object.metadata.resourceVersion;
      if (type !== "DELETED") take(object);
    }
  }
}
