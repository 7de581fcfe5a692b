// `npm run e2e -- metrics`, not part of `npm test`: the first run builds metrics-server, each takes minutes.
// metrics-server scrapes our nodes; kubectl top and a HorizontalPodAutoscaler live on what it finds. A control plane of
// its own: one whose aggregator takes services by name.

import { type Cluster, requireControlPlane, startCluster } from "@outboard/devcluster";
import { expect } from "chai";
import {
  container,
  createPod,
  type Deployment,
  deployment,
  eventually,
  type ManagedProcess,
  type Node,
  pod,
  podRunning,
  requireMetricsServer,
  startMetricsServer,
  startWorld,
  type World,
} from "../support/index.js";

/** Burns CPU until somebody makes the file. */
const BURN = "trap 'exit 0' TERM; while :; do if [ -e /calm/now ]; then sleep 0.5; fi; done";
const calm = { name: "calm", emptyDir: {} };
const burning = (request = "100m") =>
  container("main", BURN, {
    resources: { requests: { cpu: request } },
    volumeMounts: [{ name: "calm", mountPath: "/calm" }],
  });

describe("metrics-server", () => {
  let cluster: Cluster | undefined;
  let server: ManagedProcess | undefined;

  before(async function () {
    await requireControlPlane(this);
    const program = await requireMetricsServer(this);
    this.timeout(180_000);
    cluster = await startCluster({
      report: (line) => console.error(`    ${line}`),
      apiServerArgs: ["--enable-aggregator-routing=false"],
      controllerManagerArgs: ["--horizontal-pod-autoscaler-sync-period=5s"],
    });
    server = await startMetricsServer(cluster, program);
  });
  beforeEach(function () {
    this.currentTest?.timeout(240_000);
  });
  after(async function () {
    this.timeout(60_000);
    await server?.stop();
    await cluster?.[Symbol.asyncDispose]();
  });

  async function start(): Promise<World> {
    if (cluster === undefined) throw new Error("no cluster");
    return startWorld({ provider: "process", cluster });
  }

  it("lets kubectl top show a node and a pod that burns CPU beside one that sleeps", async () => {
    await using world = await start();
    await createPod(world, pod(world, "burner", { spec: { containers: [burning()], volumes: [calm] } }));
    await createPod(world, pod(world, "sleeper", { spec: { containers: [container("main", "exec sleep 3600")] } }));
    await Promise.all([podRunning(world, "burner"), podRunning(world, "sleeper")]);
    const pods = await topOf(world, ["pod"], ["burner", "sleeper"]);
    expect(pods["burner"]?.milliCores).to.be.within(150, 1_200);
    expect(pods["sleeper"]?.milliCores).to.be.at.most(20);
    expect(pods["burner"]?.memory).to.match(/^\d+Mi$/);
    const nodes = await topOf(world, ["node"], [world.nodeName]);
    expect(nodes[world.nodeName]?.milliCores).to.be.within(150, 1_300);
    const { status } = await world.api.get<Node>(`/api/v1/nodes/${world.nodeName}`);
    const share = ((nodes[world.nodeName]?.milliCores ?? 0) / Number(status?.allocatable?.["cpu"]) / 1000) * 100;
    expect(Number.parseInt(nodes[world.nodeName]?.share ?? "", 10)).to.be.closeTo(share, 1);
  });

  it("lets an autoscaler raise a deployment under load and lower it afterwards", async () => {
    await using world = await start();
    const apps = `/apis/apps/v1/namespaces/${world.namespace}/deployments`;
    const template = { containers: [burning()], volumes: [calm], terminationGracePeriodSeconds: 1 };
    await world.api.create(apps, deployment(world, "web", 1, { spec: template }));
    await world.api.create(`/apis/autoscaling/v2/namespaces/${world.namespace}/horizontalpodautoscalers`, autoscaler);
    await replicasOf(world, 2, "raised under load");
    const { items } = await world.api.list(`/api/v1/namespaces/${world.namespace}/pods`);
    for (const { metadata } of items) await beCalm(world, metadata.name);
    await replicasOf(world, 1, "lowered afterwards");
    const events = await world.kubectl(["get", "events", "--field-selector=reason=SuccessfulRescale"]);
    expect(events).to.include("New size: 2; reason: cpu resource utilization (percentage of request) above target");
    expect(events).to.include("New size: 1; reason: All metrics below target");
  });
});

const autoscaler = {
  metadata: { name: "web" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    minReplicas: 1,
    maxReplicas: 2,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
  },
};

interface Row {
  readonly milliCores: number;
  readonly share: string;
  readonly memory: string;
}

/** What kubectl top says, once it says something of all these names. */
async function topOf(
  world: World,
  what: readonly string[],
  names: readonly string[],
): Promise<Readonly<Record<string, Row>>> {
  return eventually(
    async () => {
      const text = await world.kubectl(["top", ...what, "--no-headers"]);
      const rows = Object.fromEntries(
        text
          .trim()
          .split("\n")
          .map((line) => toRow(line.trim().split(/\s+/))),
      );
      return names.every((name) => name in rows) ? rows : undefined;
    },
    { message: `kubectl top ${what.join(" ")} with ${names.join(", ")}`, timeoutMs: 90_000, intervalMs: 1_000 },
  );
}

/** Nodes have shares, pods have none. */
function toRow([name = "", cpu = "", ...rest]: readonly string[]): [string, Row] {
  const isNode = rest.length > 1;
  const memory = (isNode ? rest[1] : rest[0]) ?? "";
  return [name, { milliCores: Number.parseInt(cpu, 10), share: isNode ? (rest[0] ?? "") : "", memory }];
}

async function replicasOf(world: World, replicas: number, what: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${world.namespace}/deployments/web`;
  const scaled = async (): Promise<boolean> => {
    const { spec, status } = await world.api.get<Deployment>(path);
    return spec.replicas === replicas && status?.readyReplicas === replicas;
  };
  await eventually(scaled, { message: `a deployment ${what}`, timeoutMs: 120_000, intervalMs: 1_000 });
}

/** The pod may be on its way out. */
async function beCalm(world: World, name: string): Promise<void> {
  await world.tryKubectl(["exec", name, "--", "touch", "/calm/now"]);
}
