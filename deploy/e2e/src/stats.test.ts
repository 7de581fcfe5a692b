// Usage figures of a node, read from the kubelet port as monitoring does, against what the pod itself says that it used.

import { expect } from "chai";
import {
  container,
  createPod,
  eventually,
  kubeletClient,
  type KubeletClient,
  pod,
  podRunning,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";

/** Burns CPU and says again and again how much it used by now, in hundredths of a second: user and system. */
const BURN =
  'while :; do i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; read -r all < /proc/self/stat; set -- ${all##*) }; echo "$((${12}+${13}))"; done';

interface Cpu {
  readonly time: string;
  readonly usageNanoCores?: number;
  readonly usageCoreNanoSeconds?: number;
}

interface Usage {
  readonly cpu?: Cpu;
  readonly memory?: { readonly workingSetBytes?: number; readonly usageBytes?: number };
}

interface Summary {
  readonly node: Usage & { readonly nodeName: string };
  readonly pods: readonly (Usage & {
    readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
    readonly containers: readonly (Usage & { readonly name: string; readonly startTime: string })[];
  })[];
}

async function summaryOf(client: KubeletClient, query = ""): Promise<Summary> {
  const { status, body } = await client.get(`/stats/summary${query}`);
  expect(status, body).to.equal(200);
  return JSON.parse(body) as Summary;
}

/** Core-seconds that the pod has counted itself. */
async function ownCount(world: World): Promise<number> {
  const lines = await world.kubectl(["logs", "burner", "--tail=1"]);
  return Number(lines.trim()) / 100;
}

describe("usage figures", () => {
  useCluster();

  it("of a pod that burns CPU agree with what the kernel counts for it, and name a rate", async () => {
    await using world = await startWorld({ provider: "process" });
    await createPod(world, pod(world, "burner", { spec: { containers: [container("main", BURN)] } }));
    const { metadata } = await podRunning(world, "burner");
    await using client = await kubeletClient(world, ["stats"]);
    const from = { count: await ownCount(world), at: performance.now() };
    await eventually(async () => (await ownCount(world)) > from.count + 1, { message: "a second of CPU" });
    const before = await ownCount(world);
    const { node, pods } = await summaryOf(client);
    const after = await eventually(
      async () => {
        const count = await ownCount(world);
        return count > before + 0.5 ? count : undefined;
      },
      { message: "half a second more of CPU" },
    );
    const burner = pods.find(({ podRef }) => podRef.uid === metadata.uid);
    expect(burner?.podRef).to.deep.include({ name: "burner", namespace: world.namespace });
    const [main] = burner?.containers ?? [];
    const seconds = (main?.cpu?.usageCoreNanoSeconds ?? 0) / 1e9;
    expect(seconds).to.be.within(before - 0.1, after + 0.5);
    const rate = (after - from.count) / ((performance.now() - from.at) / 1e3); // a busy machine leaves it less than a core
    expect((main?.cpu?.usageNanoCores ?? 0) / 1e9).to.be.within(rate / 5, 1.2);
    expect(main?.memory?.workingSetBytes).to.be.within(50_000, 100_000_000);
    expect(node.nodeName).to.equal(world.nodeName);
    expect(node.cpu?.usageCoreNanoSeconds).to.be.at.least((main?.cpu?.usageCoreNanoSeconds ?? 0) * 0.99);
  });

  it("are expositions for who may read metrics, with the kubelet's labels and times, and for nobody else", async () => {
    await using world = await startWorld({ provider: "memory" });
    await createPod(world, pod(world, "web"));
    await podRunning(world, "web");
    await using monitor = await kubeletClient(world, ["metrics"]);
    await using nobody = await kubeletClient(world, []);
    const labels = `{container="main",namespace="${world.namespace}",pod="web"}`;
    const resource = await monitor.get("/metrics/resource");
    expect([resource.status, resource.type]).to.deep.equal([
      200,
      "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
    ]);
    expect(resource.body).to.match(new RegExp(`^container_cpu_usage_seconds_total${labels} \\S+ \\d{13}$`, "m"));
    expect(resource.body).to.match(/^node_memory_working_set_bytes \S+ \d{13}$/m);
    expect(resource.body).to.include("\nresource_scrape_error 0\n");
    const cadvisor = await monitor.get("/metrics/cadvisor");
    expect(cadvisor.body).to.match(
      new RegExp(`^container_memory_working_set_bytes\\{container="main",.*pod="web"\\} 8.388608e\\+06 `, "m"),
    );
    expect((await monitor.get("/metrics/probes")).status).to.equal(200);
    expect((await monitor.get("/stats/summary")).status).to.equal(403);
    expect((await nobody.get("/metrics/resource")).status).to.equal(403);
  });
});
