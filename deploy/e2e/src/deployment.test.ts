import { expect } from "chai";
import {
  backendEmpty,
  deployment,
  eventually,
  inspectBackend,
  type Pod,
  startWorld,
  useCluster,
} from "./support/index.js";

describe("a deployment", () => {
  useCluster();

  for (const provider of ["memory", "process"] as const) {
    it(`of 3 runs, shows its logs and goes to zero without a trace (${provider})`, async () => {
      await using world = await startWorld({ provider });
      const script = "echo started; trap 'exit 0' TERM; while :; do sleep 0.2; done";
      const containers = [{ name: "main", image: "outboard.test/shell:1", command: ["sh", "-c", script] }];
      const base = `/apis/apps/v1/namespaces/${world.namespace}/deployments`;
      await world.api.create(base, deployment(world, "web", 3, { spec: { containers } }));
      await world.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
      const { items } = await world.api.list<Pod>(`/api/v1/namespaces/${world.namespace}/pods`);
      expect(items).to.have.length(3);
      for (const pod of items) {
        expect(pod.status?.conditions?.find(({ type }) => type === "Ready")?.status).to.equal("True");
        expect(await world.kubectl(["logs", pod.metadata.name])).to.match(
          provider === "process" ? /started/ : /line 1/,
        );
      }
      expect((await inspectBackend(world)).pods).to.deep.equal({ started: 3 });
      await world.kubectl(["scale", "deployment/web", "--replicas=0"]);
      const none = async () => (await world.api.list(`/api/v1/namespaces/${world.namespace}/pods`)).items.length === 0;
      await eventually(none, { message: "no pod left in the API", timeoutMs: 40_000 });
      await backendEmpty(world);
    });
  }

  it("shows log lines as they come with kubectl logs -f, to the end of the container", async () => {
    await using world = await startWorld({ provider: "process" });
    const script = "for i in 1 2 3; do echo line $i; sleep 1; done";
    const spec = {
      nodeName: world.nodeName,
      restartPolicy: "Never",
      containers: [{ name: "main", image: "outboard.test/shell:1", command: ["sh", "-c", script] }],
    };
    await world.api.create(`/api/v1/namespaces/${world.namespace}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "talker" },
      spec,
    });
    await world.kubectl([
      "wait",
      "pod/talker",
      "--for=jsonpath={.status.containerStatuses[0].started}=true",
      "--timeout=30s",
    ]);
    const output = await world.kubectl(["logs", "-f", "talker"]);
    expect(output.trim().split("\n")).to.deep.equal(["line 1", "line 2", "line 3"]);
  });
});
