import { expect } from "chai";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { container, Harness } from "../testing/harness.js";

const POD = { restartPolicy: "Always", terminationGracePeriodSeconds: 5 };
const EXEC = { exec: { command: ["check"] }, periodSeconds: 10, failureThreshold: 2, timeoutSeconds: 1 };

function podWith(fields: Readonly<Record<string, unknown>>, policy = "Always"): Readonly<Record<string, unknown>> {
  return { ...POD, restartPolicy: policy, containers: [container("c", fields)] };
}

async function seconds(h: Harness, count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 5) await h.advance(5000);
}

describe("probes", () => {
  it("restart a container whose liveness probe fails, shown at once as the next instance", async () => {
    await using h = await Harness.start();
    let isAlive = true;
    h.runtime.onExec = async (_name, _command, io) => {
      await io.stderr(Buffer.from("no heart\n"));
      return { exitCode: isAlive ? 0 : 1 };
    };
    await h.create(podWith({ livenessProbe: EXEC }));
    await h.sees("STARTED ready c=R#0");
    await seconds(h, 20);
    expect(h.state).to.equal("STARTED ready c=R#0");
    isAlive = false;
    await seconds(h, 10);
    expect(h.state).to.equal("STARTED ready c=R#0");
    await seconds(h, 10);
    isAlive = true;
    await h.advance(0);
    await h.sees("STARTED ready c=R#1<0");
    expect(h.history.slice(-2)).to.deep.equal(["STARTED ready c=R#0", "STARTED ready c=R#1<0"]);
    expect(h.eventCounts().get("Unhealthy|c|Liveness probe failed: no heart\n")).to.equal(2);
    expect(h.eventCounts().get("Killing|c|Container c failed liveness probe, will be restarted")).to.equal(1);
  });

  it("count nothing where the runtime could not ask, as that says nothing of the container", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => {
      throw new Error("the shim does not answer");
    };
    await h.create(podWith({ livenessProbe: { ...EXEC, failureThreshold: 1 } }));
    await h.sees("STARTED ready c=R#0");
    await h.advance(0);
    await seconds(h, 30);
    h.runtime.onExec = () => ({ error: "its end is not known" });
    await seconds(h, 30);
    expect(h.state).to.equal("STARTED ready c=R#0");
    const text = "Liveness probe errored and resulted in unknown state: the shim does not answer";
    expect(h.eventCounts().get(`Unhealthy|c|${text}`)).to.be.greaterThan(1);
  });

  it("end a Never pod whose liveness probe fails", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.create(podWith({ livenessProbe: { ...EXEC, failureThreshold: 1 } }, "Never"));
    await h.sees("STARTED ready c=R#0");
    await h.advance(5000);
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    expect(h.eventCounts().get("Killing|c|Stopping container c")).to.equal(1);
  });

  it("say ready only after enough successes, and not ready after enough failures", async () => {
    await using h = await Harness.start();
    let exitCode = 0;
    h.runtime.onExec = () => ({ exitCode });
    await h.create(podWith({ readinessProbe: { ...EXEC, successThreshold: 2 } }));
    await h.sees("STARTED ready c=R-ready#0");
    await h.advance(0);
    expect(h.state).to.equal("STARTED ready c=R-ready#0");
    await seconds(h, 10);
    await h.sees("STARTED ready c=R#0");
    exitCode = 1;
    await seconds(h, 10);
    expect(h.state).to.equal("STARTED ready c=R#0");
    await seconds(h, 10);
    await h.sees("STARTED ready c=R-ready#0");
  });

  it("hold back liveness and readiness until the startup probe passes", async () => {
    await using h = await Harness.start();
    let isUp = false;
    h.runtime.onExec = (_name, [command]) => ({ exitCode: command === "up" && !isUp ? 1 : 0 });
    const startupProbe = { ...EXEC, exec: { command: ["up"] }, failureThreshold: 9 };
    await h.create(podWith({ startupProbe, readinessProbe: EXEC }));
    await h.sees("STARTED ready c=R-started-ready#0");
    await seconds(h, 20);
    expect(h.runtime.calls.filter((call) => call.endsWith("check"))).to.deep.equal([]);
    isUp = true;
    await seconds(h, 10);
    await h.advance(0);
    await h.sees("STARTED ready c=R#0");
  });

  it("restart a container that does not come up", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.create(podWith({ startupProbe: EXEC }));
    await h.sees("STARTED ready c=R-started#0");
    await seconds(h, 10);
    await h.advance(0);
    await h.sees("STARTED ready c=R-started#1<0");
    expect(h.eventCounts().get("Killing|c|Container c failed startup probe, will be restarted")).to.equal(1);
  });

  it("let the next container start once a sidecar's startup probe has passed", async () => {
    await using h = await Harness.start();
    let exitCode = 1;
    h.runtime.onExec = () => ({ exitCode });
    const sidecar = container("s", { restartPolicy: "Always", startupProbe: { ...EXEC, failureThreshold: 9 } });
    await h.create({ ...POD, initContainers: [sidecar], containers: [container("c")] });
    await h.sees("STARTED ready s=R-started#0 c=PodInitializing#0");
    await seconds(h, 10);
    expect(h.state).to.equal("STARTED ready s=R-started#0 c=PodInitializing#0");
    exitCode = 0;
    await seconds(h, 10);
    await h.sees("STARTED ready s=R#0 c=R#0");
  });

  it("take a command that runs too long for a failure", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = async () => await new Promise(() => {});
    await h.create(podWith({ livenessProbe: { ...EXEC, exec: { command: ["sleep", "10"] } } }));
    await h.sees("STARTED ready c=R#0");
    await h.advance(5000);
    await h.advance(1000);
    const text = 'Unhealthy|c|Liveness probe failed: command timed out: "sleep 10" timed out after 1s';
    expect(h.eventCounts().get(text)).to.equal(1);
  });

  it("ask of liveness first half a period after the start, of readiness at once", async () => {
    await using h = await Harness.start();
    const begun = h.clock.now();
    const asked: string[] = [];
    h.runtime.onExec = (_name, [command]) => {
      asked.push(`${command} at ${h.clock.now() - begun}`);
      return { exitCode: 0 };
    };
    const probe = (command: string): object => ({ exec: { command: [command] }, periodSeconds: 10 });
    await h.create(podWith({ livenessProbe: probe("live"), readinessProbe: probe("ready") }));
    await h.until(() => h.state.includes("c=R"), "it runs");
    await seconds(h, 15);
    expect(asked).to.deep.equal(["ready at 0", "live at 5000", "ready at 10000", "live at 15000"]);
  });

  it("have words of their own for a sidecar", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    const side = container("s", { restartPolicy: "Always", livenessProbe: { ...EXEC, failureThreshold: 1 } });
    await h.create({ ...POD, initContainers: [side], containers: [container("c")] });
    await h.sees("STARTED ready s=R#0 c=R#0");
    await h.advance(5000);
    await h.advance(0);
    await h.sees("STARTED ready s=R#1<0 c=R#0");
    expect(h.eventCounts().get("Killing|s|Init container s failed liveness probe")).to.equal(1);
  });

  it("tell of a check that fails since its container ends under it", async () => {
    await using h = await Harness.start();
    let answer = (_exit: { readonly exitCode: number }): void => {};
    h.runtime.onExec = async () => await new Promise((resolve) => void (answer = resolve));
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(podWith({ livenessProbe: { ...EXEC, timeoutSeconds: 60, failureThreshold: 1 } }));
    await h.sees("STARTED ready c=R#0");
    await h.advance(5000);
    await h.stopPod(30);
    await h.quiet();
    answer({ exitCode: 137 });
    await h.advance(0);
    expect(h.eventCounts().get("Unhealthy|c|Liveness probe failed: ")).to.equal(1);
    expect(h.state).to.equal("STOPPING ready c=R#0");
  });

  it("ask for no end while the pod is being stopped", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.create(podWith({ livenessProbe: { ...EXEC, initialDelaySeconds: 10, failureThreshold: 1 } }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(30);
    await seconds(h, 30);
    await h.sees("ENDED gone c=T137#0");
    expect(h.eventCounts().get("Killing|c|Container c failed liveness probe, will be restarted")).to.equal(undefined);
  });

  it("carry readiness over a restart of the provider", async () => {
    await using h = await Harness.start();
    await h.create(podWith({ readinessProbe: EXEC }));
    await h.sees("STARTED ready c=R-ready#0");
    await h.advance(0);
    await h.sees("STARTED ready c=R#0");
    await h.crash();
    await h.sees("STARTED ready needs-inputs c=R#0");
  });

  it("keep probing after a restart of the provider, before inputs come", async () => {
    await using h = await Harness.start();
    await h.create(podWith({ readinessProbe: { ...EXEC, failureThreshold: 1 } }));
    await h.sees("STARTED ready c=R-ready#0");
    await h.advance(0);
    await h.sees("STARTED ready c=R#0");
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.crash();
    await h.quiet();
    await seconds(h, 10);
    await h.sees("STARTED ready needs-inputs c=R-ready#0");
  });

  it("speak HTTP and TCP", async () => {
    const server = await listen((path) => (path === "/ok" ? 204 : 500));
    const { port } = server.address() as AddressInfo;
    await using h = await Harness.start();
    h.runtime.podIPs = ["127.0.0.1"];
    const probe = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
      readinessProbe: { ...fields, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1 },
    });
    const containers = [
      container("good", {
        ...probe({ httpGet: { path: "/ok", port: "web" } }),
        ports: [{ name: "web", containerPort: port }],
      }),
      container("bad", probe({ httpGet: { path: "/bad", port } })),
      container("tcp", probe({ tcpSocket: { port } })),
    ];
    await h.create({ ...POD, containers });
    await h.until(() => h.observations.length > 0 && h.state.includes("tcp=R"), "all run");
    await h.advance(0);
    await h.until(() => h.state === "STARTED ready good=R#0 bad=R-ready#0 tcp=R#0", "two are ready");
    await h.until(
      () => h.eventCounts().has("Unhealthy|bad|Readiness probe failed: HTTP probe failed with statuscode: 500"),
      "event",
    );
    server.close();
  });
});

describe("hooks", () => {
  it("postStart holds back the state, its failure ends the container", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["hook"] } } } }, "Never"));
    await h.until(() => h.runtime.calls.includes("stop c/0 5000"), "the end of the container is asked for");
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    expect(h.history.slice(2, 4)).to.deep.equal(["PREPARING ready c=ContainerCreating#0", "STARTED ready c=T0#0"]);
    expect(h.eventCounts().get("FailedPostStartHook|c|PostStartHook failed")).to.equal(1);
    expect(h.eventCounts().get("Killing|c|FailedPostStartHook")).to.equal(1);
  });

  it("preStop takes its time from the grace period", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(podWith({ lifecycle: { preStop: { sleep: { seconds: 3 } } } }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(10);
    await h.advance(0);
    await h.advance(3000);
    expect(h.runtime.calls).to.include("stop c/0 7000");
    await h.advance(7000);
    await h.sees("ENDED gone c=T137#0");
  });

  it("preStop that fails is told and does not keep the container", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.create(podWith({ lifecycle: { preStop: { exec: { command: ["hook"] } } } }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(10);
    await h.quiet();
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    expect(h.eventCounts().get("FailedPreStopHook|c|PreStopHook failed")).to.equal(1);
  });

  it("preStop is cut off at the end of the grace period, then the container gets two seconds", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(podWith({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(5);
    await h.advance(0);
    await h.advance(5000);
    expect(h.runtime.calls).to.include("stop c/0 2000");
  });

  it("preStop does not run when the pod is killed at once", async () => {
    await using h = await Harness.start();
    await h.create(podWith({ lifecycle: { preStop: { exec: { command: ["hook"] } } } }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(0);
    await h.quiet();
    expect(h.runtime.calls).not.to.include("exec c/0 hook");
  });
});

async function listen(status: (path: string) => number): Promise<Server> {
  const server = createServer((request, response) => {
    response.statusCode = status(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
