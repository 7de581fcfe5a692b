import { expect } from "chai";
import {
  backendEmpty,
  createPod,
  eventually,
  getPod,
  inspectBackend,
  instancesOf,
  pod,
  podRunning,
  startWorld,
  useCluster,
} from "./support/index.js";

describe("SIGTERM", () => {
  useCluster();

  it("ends the gateway within 10 s with 0, open streams included, and leaves the pods with the provider", async () => {
    await using world = await startWorld({ provider: "process" });
    await createPod(world, pod(world, "steady"));
    const before = instancesOf(await podRunning(world, "steady"));
    const following = world.tryKubectl(["logs", "-f", "steady"]);
    const streams = async () => (await fetch(`http://127.0.0.1:${world.managementPort}/metrics`)).text();
    await eventually(async () => /open_streams\{.*\} 1/.test(await streams()), { message: "the log stream" });
    const since = Date.now();
    expect(await world.gateway.stop()).to.deep.equal({ kind: "code", code: 0 });
    expect(Date.now() - since).to.be.lessThan(10_000);
    await following;
    expect((await inspectBackend(world)).pods).to.deep.equal({ started: 1 });
    await world.startGateway();
    expect(instancesOf(await getPod(world, "steady"))).to.deep.equal(before);
    await world.kubectl(["delete", "pod", "steady"]);
    await backendEmpty(world);
  });

  it("ends the provider within 10 s, and its pods run on under the next one", async () => {
    await using world = await startWorld({ provider: "process" });
    await createPod(world, pod(world, "steady"));
    const before = instancesOf(await podRunning(world, "steady"));
    const since = Date.now();
    await world.provider.stop();
    expect(Date.now() - since).to.be.lessThan(10_000);
    await world.startProvider();
    await eventually(async () => (await inspectBackend(world)).pods["started"] === 1, {
      message: "the pod found again",
    });
    expect(instancesOf(await getPod(world, "steady"))).to.deep.equal(before);
    await world.kubectl(["delete", "pod", "steady"]);
    await backendEmpty(world);
  });
});

describe("the management port", () => {
  useCluster();

  it("tells health, readiness and metrics without pod names in them", async () => {
    await using world = await startWorld({ provider: "memory" });
    await createPod(world, pod(world, "some-pod-name"));
    await podRunning(world, "some-pod-name");
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${world.managementPort}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    expect(await get("/healthz")).to.deep.equal({ status: 200, text: "ok" });
    expect((await get("/readyz")).status).to.equal(200);
    const metrics = await get("/metrics");
    expect(metrics.text).to.contain("outboard_kubelet_http_requests_total");
    expect(metrics.text).not.to.contain("some-pod-name");
  });

  it("is not ready while the provider is away", async () => {
    await using world = await startWorld({ provider: "memory" });
    await world.killProvider();
    const readyz = `http://127.0.0.1:${world.managementPort}/readyz`;
    const answer = await eventually(
      async () => {
        const found = await fetch(readyz);
        return found.status === 200 ? undefined : { status: found.status, text: await found.text() };
      },
      { message: "not ready", timeoutMs: 60_000 },
    );
    expect(answer.text).to.contain("provider");
    await world.startProvider();
    await eventually(async () => (await fetch(readyz)).status === 200, { message: "ready again", timeoutMs: 60_000 });
  });
});
