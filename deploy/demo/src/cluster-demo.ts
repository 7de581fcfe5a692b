// `npm run demo -- --cluster`: a real control plane, one virtual node, a deployment that comes, answers and goes.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Cluster, eventually, findFreePorts, isNotFound, startCluster } from "@outboard/devcluster";
import { DemoFailure, expectContains } from "./expect.js";
import { type Pod, readyWord, statusWord } from "./pod.js";
import { createPodTable, type PodTable } from "./pod-table.js";
import type { Screen } from "./screen.js";
import {
  GATEWAY,
  openWorkshop,
  startProvider,
  toFlags,
  waitFor as waitForPrograms,
  type Workshop,
} from "./workshop.js";

const NODE = "demo-node";
const REPLICAS = 3;
const PODS = "/api/v1/namespaces/default/pods";
const WAIT_MS = 40_000;
const DRAIN_MS = 15_000;

export async function clusterDemo(screen: Screen, signal: AbortSignal): Promise<void> {
  screen.title("outboard demo: a virtual node in a real Kubernetes control plane");
  screen.step("start etcd, kube-apiserver, kube-controller-manager and kube-scheduler");
  await using cluster = await startCluster({ report: (line) => screen.line(line), signal });
  screen.line(`Kubernetes ${cluster.version} is ready at ${cluster.server}`);
  await using workshop = openWorkshop();
  const stage: Stage = { cluster, workshop, screen, signal };
  try {
    await tell(stage);
  } catch (error) {
    await drain(stage);
    throw error;
  }
  await workshop.stop();
  screen.line("gateway and provider are stopped; no process and no file is left");
}

async function tell(stage: Stage): Promise<void> {
  await showNode(stage);
  const watch = new AbortController();
  const table = followPods(stage, AbortSignal.any([stage.signal, watch.signal]));
  await showDeployment(stage, table);
  await showLogs(stage);
  await showExec(stage);
  await showScaleToZero(stage, table);
  watch.abort();
  await table.ended;
}

/** After a failure the pods are deleted too, while gateway and provider may still run. */
async function drain({ cluster, screen }: Stage): Promise<void> {
  screen.step("something went wrong: take the pods away");
  const gone = async (): Promise<boolean> => (await cluster.api.list(PODS)).items.length === 0;
  try {
    await cluster.api.delete("/apis/apps/v1/namespaces/default/deployments", {
      query: { propagationPolicy: "Background" },
    });
    await eventually(gone, { message: "end of the pods", timeoutMs: DRAIN_MS });
  } catch {
    screen.line("not every pod could be taken away");
  }
}

interface Stage {
  readonly cluster: Cluster;
  readonly workshop: Workshop;
  readonly screen: Screen;
  readonly signal: AbortSignal;
}

async function showNode(stage: Stage): Promise<void> {
  const { cluster, workshop, screen } = stage;
  screen.step("start a provider and a gateway; the gateway registers a node");
  startProvider(workshop);
  await waitFor(stage, "the provider's socket", () => existsSync(workshop.socket));
  const [kubeletPort = 0, managementPort = 0] = await findFreePorts(2);
  workshop.start("gateway", GATEWAY, [
    "gateway",
    ...toFlags({
      "node-name": NODE,
      kubeconfig: await cluster.nodeKubeconfig(NODE),
      provider: `unix://${workshop.socket}`,
      "kubelet-address": "127.0.0.1",
      "kubelet-port": String(kubeletPort),
      "management-port": String(managementPort),
      "client-ca": cluster.caFile,
      "node-addresses": `InternalIP=127.0.0.1,Hostname=${NODE}`,
    }),
  ]);
  const ready = async (): Promise<boolean> =>
    / Ready /.test(await cluster.kubectl.run(["get", "node", NODE, "--no-headers"]));
  await waitFor(stage, `node ${NODE} Ready`, ready);
  screen.answer("kubectl get nodes", await cluster.kubectl.run(["get", "nodes"]));
}

interface LiveTable {
  readonly pods: ReadonlyMap<string, Pod>;
  readonly ended: Promise<void>;
}

/** Shows each change of the pods until the signal is aborted. */
function followPods({ cluster, screen }: Stage, signal: AbortSignal): LiveTable {
  const table: PodTable = createPodTable((line) => screen.line(line));
  const pods = new Map<string, Pod>();
  const started = performance.now();
  const follow = async (): Promise<void> => {
    for await (const { type, object } of cluster.api.watch<Pod>(PODS, { signal, query: { resourceVersion: "0" } })) {
      const seconds = (performance.now() - started) / 1000;
      if (type === "ADDED" || type === "MODIFIED") pods.set(object.metadata.name, object);
      if (type === "ADDED" || type === "MODIFIED") table.show(object, seconds);
      if (type === "DELETED") pods.delete(object.metadata.name);
      if (type === "DELETED") table.gone(object.metadata.name, seconds);
    }
  };
  const ended = follow();
  ended.catch(() => undefined);
  return { pods, ended };
}

async function showDeployment(stage: Stage, table: LiveTable): Promise<void> {
  const { cluster, screen } = stage;
  screen.step(`create a deployment of ${REPLICAS}`);
  const file = join(import.meta.dirname, "..", "deployment.yaml");
  screen.answer("kubectl apply -f deploy/demo/deployment.yaml", await cluster.kubectl.run(["apply", "-f", file]));
  const running = (): boolean => {
    const good = [...table.pods.values()].filter((pod) => statusWord(pod) === "Running" && readyWord(pod) === "1/1");
    return good.length === REPLICAS;
  };
  await waitFor(stage, `${REPLICAS} running pods`, running);
  screen.answer("kubectl get deployment hello", await cluster.kubectl.run(["get", "deployment", "hello"]));
}

async function showLogs(stage: Stage): Promise<void> {
  const { cluster, screen } = stage;
  screen.step("read logs through the API server");
  const read = async (): Promise<string | undefined> => {
    const log = await cluster.kubectl.run(["logs", "-l", "app=hello", "--prefix"]);
    return log.split("\n").filter((line) => line.includes("hello from")).length === REPLICAS ? log : undefined;
  };
  const log = await waitFor(stage, `the logs of ${REPLICAS} pods`, read);
  screen.answer("kubectl logs -l app=hello --prefix", log);
  expectContains("the logs", log, `on ${NODE}`);
}

async function showExec({ cluster, screen }: Stage): Promise<void> {
  screen.step("run a command inside a running container");
  const command = "echo I am in $POD_NAME; exit 7";
  const result = await cluster.kubectl.attempt(["exec", "deploy/hello", "--", "sh", "-c", command]);
  const [notServed] = /this gateway does not serve exec[^,]*/.exec(result.stderr) ?? [];
  if (notServed !== undefined) return screen.line(`skipped: ${notServed.trim()}`);
  screen.answer(`kubectl exec deploy/hello -- sh -c '${command}'`, result.stdout + result.stderr);
  expectContains("the output of exec", result.stdout, "I am in hello-");
  if (result.code !== 7) throw new DemoFailure(`exec should end with exit code 7 but ended with ${result.code}`);
}

async function showScaleToZero(stage: Stage, table: LiveTable): Promise<void> {
  const { cluster, screen } = stage;
  screen.step("scale to zero: every pod ends and is gone, also at the backend");
  const said = await cluster.kubectl.run(["scale", "deployment", "hello", "--replicas=0"]);
  screen.answer("kubectl scale deployment hello --replicas=0", said);
  await waitFor(
    stage,
    "end of all pods",
    async () => (await cluster.api.list(PODS)).items.length === 0 && table.pods.size === 0,
  );
  await cluster.api.delete("/apis/apps/v1/namespaces/default/deployments/hello");
  const node = await cluster.api.get(`/api/v1/nodes/${NODE}`).catch((error: unknown) => error);
  if (isNotFound(node)) throw new DemoFailure(`node ${NODE} is gone although its gateway still runs`);
}

async function waitFor<T>(
  { workshop, cluster, signal }: Stage,
  message: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  return waitForPrograms(workshop, probe, {
    message,
    timeoutMs: WAIT_MS,
    signal: AbortSignal.any([signal, cluster.died]),
  });
}
