import { expect } from "chai";
import {
  backendEmpty,
  container,
  createPod,
  eventually,
  getPod,
  instancesOf,
  pod,
  podGone,
  podPhase,
  podRunning,
  podWhen,
  startCluster,
  startWorld,
  useCluster,
  type World,
} from "./support/index.js";

/** Pods in every phase of their life: starting, running, finished, being deleted. */
async function populate(world: World): Promise<Map<string, unknown>> {
  const never = { restartPolicy: "Never" } as const;
  await createPod(world, pod(world, "running", { spec: { containers: [container("main")] } }));
  await createPod(
    world,
    pod(world, "finished", {
      spec: { ...never, containers: [container("main", "exit 4")] },
      annotations: script({ "run-ms": "50", "exit-code": "4" }),
    }),
  );
  await createPod(
    world,
    pod(world, "short", {
      spec: { ...never, containers: [container("main", "sleep 4; exit 5")] },
      annotations: script({ "run-ms": "4000", "exit-code": "5" }),
    }),
  );
  await createPod(
    world,
    pod(world, "stubborn", {
      spec: {
        containers: [container("main", "trap '' TERM; while :; do sleep 0.2; done")],
        terminationGracePeriodSeconds: 6,
      },
      annotations: script({ "term-ms": "60000" }),
    }),
  );
  await podRunning(world, "running");
  await podRunning(world, "short");
  await podRunning(world, "stubborn");
  await podPhase(world, "finished", "Failed");
  const before = new Map<string, unknown>();
  for (const name of ["running", "finished", "short"]) before.set(name, instancesOf(await getPod(world, name)));
  await world.kubectl(["delete", "pod", "stubborn", "--wait=false"]);
  await podWhen(world, "stubborn", ({ metadata }) => metadata.deletionTimestamp !== undefined, {
    message: "terminating",
  });
  await createPod(
    world,
    pod(world, "starting", { spec: { containers: [container("main")] }, annotations: script({ "start-ms": "1500" }) }),
  );
  return before;
}

function script(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`memory.outboard.dev/${key}`, value]));
}

/** The same containers as before, every exit code reported, nothing run twice. */
async function settled(world: World, before: Map<string, unknown>): Promise<void> {
  await podGone(world, "stubborn", "");
  const starting = await podRunning(world, "starting");
  expect(starting.status?.containerStatuses?.[0]?.restartCount).to.equal(0);
  const short = await podPhase(world, "short", "Failed");
  expect(short.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(5);
  const finished = await getPod(world, "finished");
  expect(finished.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(4);
  for (const [name, instances] of before) expect(instancesOf(await getPod(world, name)), name).to.deep.equal(instances);
  expect((await getPod(world, "running")).status?.phase).to.equal("Running");
  await world.kubectl(["delete", "pod", "running", "finished", "short", "starting"]);
  await backendEmpty(world);
}

describe("kill -9", () => {
  useCluster();

  for (const provider of ["memory", "process"] as const) {
    it(`of the gateway loses nothing and runs nothing twice (${provider})`, async () => {
      await using world = await startWorld({ provider });
      const before = await populate(world);
      await world.killGateway();
      await world.startGateway();
      await settled(world, before);
    });

    it(`of the provider loses nothing and runs nothing twice (${provider})`, async () => {
      await using world = await startWorld({ provider });
      const before = await populate(world);
      await world.killProvider();
      await world.startProvider();
      await settled(world, before);
    });
  }

  it("of both at once, while pods end, reports every exit code afterwards", async () => {
    await using world = await startWorld({ provider: "process" });
    const before = await populate(world);
    await Promise.all([world.killGateway(), world.killProvider()]);
    await eventually(async () => true, { message: "a moment" });
    await world.startProvider();
    await world.startGateway();
    await settled(world, before);
  });

  it("of a gateway that is deleted from while it is away: the deletion is carried out afterwards", async () => {
    await using world = await startWorld({ provider: "process" });
    const { metadata } = await createPod(world, pod(world, "left"));
    const forced = await createPod(world, pod(world, "forced"));
    await podRunning(world, "left");
    await podRunning(world, "forced");
    await world.killGateway();
    await world.kubectl(["delete", "pod", "left", "--wait=false"]);
    await world.kubectl(["delete", "pod", "forced", "--grace-period=0", "--force"]);
    await world.startGateway();
    await podGone(world, "left", metadata.uid ?? "");
    await podGone(world, "forced", forced.metadata.uid ?? "");
    await backendEmpty(world);
  });
});

describe("an API server that is away for a minute", () => {
  useCluster();

  it("changes no pod, and what happened meanwhile is told afterwards", async function () {
    this.timeout(300_000);
    await using cluster = await startCluster({ report: () => {} });
    await using world = await startWorld({ provider: "process", cluster });
    await createPod(world, pod(world, "steady"));
    const never = { restartPolicy: "Never", containers: [container("main", "sleep 12; exit 9")] } as const;
    await createPod(world, pod(world, "ends", { spec: never }));
    const before = instancesOf(await podRunning(world, "steady"));
    await podRunning(world, "ends");
    await cluster.stopApiServer();
    const since = Date.now();
    await eventually(() => Date.now() - since > 60_000, { message: "a minute", timeoutMs: 90_000 });
    await cluster.startApiServer();
    const ended = await podPhase(world, "ends", "Failed");
    expect(ended.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(9);
    const steady = await podRunning(world, "steady");
    expect(instancesOf(steady)).to.deep.equal(before);
    world.gateway.expectRunning();
    await world.kubectl(["delete", "pod", "steady", "ends"]);
    await backendEmpty(world);
  });
});
