import { expect } from "chai";
import {
  backendEmpty,
  container,
  createPod,
  eventually,
  pod,
  podPhase,
  podWhen,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";

function job(world: World, name: string, script: string, more: object = {}): object {
  const { spec } = pod(world, name, { spec: { restartPolicy: "Never", containers: [container("main", script)] } });
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: world.namespace },
    spec: { template: { spec }, ...more },
  };
}

interface Job {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly succeeded?: number; readonly failed?: number };
}

describe("a job", () => {
  useCluster();

  it("completes", async () => {
    await using world = await startWorld({ provider: "process" });
    const base = `/apis/batch/v1/namespaces/${world.namespace}/jobs`;
    await world.api.create(base, job(world, "well", "echo done"));
    await world.kubectl(["wait", "job/well", "--for=condition=complete", "--timeout=60s"]);
    expect((await world.api.get<Job>(`${base}/well`)).status?.succeeded).to.equal(1);
    expect(await world.kubectl(["logs", "job/well"])).to.equal("done\n");
    await world.kubectl(["delete", "job", "well"]);
    await backendEmpty(world);
  });

  it("that fails reports exit code and reason, and is tried again as often as it may", async () => {
    await using world = await startWorld({ provider: "process" });
    const base = `/apis/batch/v1/namespaces/${world.namespace}/jobs`;
    await world.api.create(base, job(world, "bad", "exit 7", { backoffLimit: 1 }));
    await world.kubectl(["wait", "job/bad", "--for=condition=failed", "--timeout=90s"]);
    const { items } = await world.api.list<ReturnType<typeof pod>>(`/api/v1/namespaces/${world.namespace}/pods`);
    expect(items).to.have.length(2);
    for (const { status } of items) {
      expect(status?.phase).to.equal("Failed");
      expect(status?.containerStatuses?.[0]?.state?.terminated).to.include({ exitCode: 7, reason: "Error" });
    }
  });

  it("whose containers restart shows CrashLoopBackOff with the kubelet's words, counts and exit code", async () => {
    await using world = await startWorld({ provider: "process" });
    const spec = { restartPolicy: "OnFailure", containers: [container("main", "sleep 0.5; exit 3")] } as const;
    await createPod(world, pod(world, "looping", { spec }));
    const found = await podWhen(
      world,
      "looping",
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
      { message: "in back-off" },
    );
    const [status] = found.status?.containerStatuses ?? [];
    expect(status?.restartCount).to.equal(1);
    expect(status?.lastState?.terminated).to.include({ exitCode: 3, reason: "Error" });
    expect(status?.state?.waiting?.message).to.match(
      new RegExp(
        `^back-off 10s restarting failed container=main pod=looping_${world.namespace}\\(${found.metadata.uid}\\)$`,
      ),
    );
    const events = await eventually(
      async () => {
        const text = await world.kubectl([
          "get",
          "events",
          "-o",
          "jsonpath={range .items[*]}{.reason}: {.message}{'\\n'}{end}",
        ]);
        return text.includes("BackOff: Back-off restarting failed container main in pod looping") ? text : undefined;
      },
      { message: "event BackOff" },
    );
    expect(events).to.contain("Started: Container started");
    await world.kubectl(["delete", "pod", "looping"]);
    await backendEmpty(world);
  });

  for (const provider of ["memory", "process"] as const) {
    it(`ends at activeDeadlineSeconds as the kubelet's does (${provider})`, async () => {
      await using world = await startWorld({ provider });
      const spec = { activeDeadlineSeconds: 2, restartPolicy: "Never", containers: [container("main")] } as const;
      await createPod(world, pod(world, "late", { spec }));
      const found = await podPhase(world, "late", "Failed");
      expect(found.status).to.include({
        reason: "DeadlineExceeded",
        message: "Pod was active on the node longer than the specified deadline",
      });
      expect(found.status?.containerStatuses?.[0]?.state?.terminated).not.to.equal(undefined);
      await world.kubectl(["delete", "pod", "late"]);
      await backendEmpty(world);
    });
  }
});
