import { expect } from "chai";
import {
  backendEmpty,
  container,
  createPod,
  lastOf,
  pod,
  podGone,
  podRunning,
  podWhen,
  startWorld,
  useCluster,
} from "./support/index.js";

const STUBBORN = "trap '' TERM; while :; do sleep 0.2; done";

describe("deleting a pod", () => {
  useCluster();

  it("honours the grace: TERM is trapped, KILL comes at its end", async () => {
    await using world = await startWorld({ provider: "process" });
    const containers = [container("main", STUBBORN)];
    const { metadata } = await createPod(
      world,
      pod(world, "stubborn", { spec: { containers, terminationGracePeriodSeconds: 3 } }),
    );
    const running = await podRunning(world, "stubborn");
    const started = Date.now();
    await world.kubectl(["delete", "pod", "stubborn", "--wait=false"]);
    const last = await lastOf(world, running);
    expect(last.metadata.uid).to.equal(metadata.uid);
    expect(Date.now() - started).to.be.within(2_500, 25_000); // 30 s without a grace of its own
    expect(last.status?.phase).to.equal("Failed");
    expect(last.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).to.equal(137);
    await backendEmpty(world);
  });

  it("with --grace-period=0 --force removes the object at once and the containers soon", async () => {
    await using world = await startWorld({ provider: "process" });
    const { metadata } = await createPod(
      world,
      pod(world, "forced", { spec: { containers: [container("main", STUBBORN)] } }),
    );
    await podRunning(world, "forced");
    await world.kubectl(["delete", "pod", "forced", "--grace-period=0", "--force"]);
    await podGone(world, "forced", metadata.uid ?? "", 10_000); // its grace is 30 s
    await backendEmpty(world);
  });

  it("twice, with a shorter grace the second time, ends by the shorter one", async () => {
    await using world = await startWorld({ provider: "process" });
    const spec = { containers: [container("main", STUBBORN)], terminationGracePeriodSeconds: 60 };
    const { metadata } = await createPod(world, pod(world, "twice", { spec }));
    await podRunning(world, "twice");
    await world.kubectl(["delete", "pod", "twice", "--wait=false"]);
    await podWhen(world, "twice", (found) => found.metadata.deletionTimestamp !== undefined, {
      message: "terminating",
    });
    await world.kubectl(["delete", "pod", "twice", "--grace-period=1", "--wait=false"]);
    await podGone(world, "twice", metadata.uid ?? "", 15_000);
    await backendEmpty(world);
  });

  it("during its start ends it, and the same name can be used again at once", async () => {
    await using world = await startWorld({ provider: "memory", providerArgs: ["--start-ms", "3000"] });
    const first = await createPod(world, pod(world, "again"));
    await podWhen(world, "again", ({ status }) => status?.startTime !== undefined, { message: "acknowledged" });
    await world.kubectl(["delete", "pod", "again", "--grace-period=0", "--force"]);
    const second = await createPod(world, pod(world, "again"));
    expect(second.metadata.uid).not.to.equal(first.metadata.uid);
    const running = await podRunning(world, "again");
    expect(running.metadata.uid).to.equal(second.metadata.uid);
    await world.kubectl(["delete", "pod", "again"]);
    await backendEmpty(world);
  });
});
