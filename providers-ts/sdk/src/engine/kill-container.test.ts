import { expect } from "chai";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { container, Harness, UID } from "./testing/harness.js";

const EXEC = { exec: { command: ["check"] }, periodSeconds: 10, failureThreshold: 1, timeoutSeconds: 1 };
const PRE_STOP = { preStop: { exec: { command: ["hook"] } } };
const HOOK_FAILED = "FailedPreStopHook|c|PreStopHook failed";

type Fields = Readonly<Record<string, unknown>>;

function podWith(fields: Fields, more: Fields = {}): Fields {
  const spec = { restartPolicy: "Always", terminationGracePeriodSeconds: 5, containers: [container("c", fields)] };
  return { ...spec, ...more };
}

function callsOf(h: Harness, start: string): readonly string[] {
  return h.runtime.calls.filter((call) => call.startsWith(start));
}

describe("killing a container", () => {
  it("runs its preStop hook also when a probe asks for the end", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = (_name, [command]) => ({ exitCode: command === "hook" ? 0 : 1 });
    await h.create(podWith({ livenessProbe: { ...EXEC, initialDelaySeconds: 5 }, lifecycle: PRE_STOP }));
    await h.sees("STARTED ready c=R#0");
    await h.advance(10_000);
    await h.advance(0);
    await h.sees("STARTED ready c=R#1<0");
    expect(callsOf(h, "exec c/0")).to.deep.equal(["exec c/0 check", "exec c/0 hook"]);
  });

  it("runs it also after a postStart hook that failed", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = (_name, [command]) => ({ exitCode: command === "begin" ? 1 : 0 });
    const lifecycle = { ...PRE_STOP, postStart: { exec: { command: ["begin"] } } };
    await h.create(podWith({ lifecycle }, { restartPolicy: "Never" }));
    await h.quiet();
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    expect(callsOf(h, "exec")).to.deep.equal(["exec c/0 begin", "exec c/0 hook"]);
  });

  it("gives two seconds where the grace is one, and none where it is nought", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    await h.create(podWith({}));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(1);
    await h.quiet();
    expect(callsOf(h, "stop c")).to.deep.equal(["stop c/0 2000"]);
    await h.stopPod(0);
    await h.advance(0);
    await h.sees("ENDED gone c=T137#0");
  });

  it("takes the grace of the probe that failed", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    h.runtime.onExec = () => ({ exitCode: 1 });
    await h.create(podWith({ startupProbe: { ...EXEC, terminationGracePeriodSeconds: 3 } }));
    await h.sees("STARTED ready c=R-started#0");
    await h.advance(0);
    expect(callsOf(h, "stop c")).to.deep.equal(["stop c/0 3000"]);
    await h.advance(3000);
    await h.sees("STARTED ready c=R-started#1<137");
  });

  for (const [what, preStop, told] of [
    ["tells of a preStop hook that is cut off at the end of the grace", PRE_STOP.preStop, [HOOK_FAILED]],
    ["says nothing of one that only sleeps", { sleep: { seconds: 60 } }, []],
  ] as const) {
    it(what, async () => {
      await using h = await Harness.start();
      h.runtime.onExec = async () => await new Promise(() => {});
      await h.create(podWith({ lifecycle: { preStop } }));
      await h.sees("STARTED ready c=R#0");
      await h.stopPod(5);
      await h.advance(0);
      await h.advance(5000);
      await h.advance(0);
      await h.sees("ENDED gone c=T0#0");
      expect([...h.eventCounts().keys()].filter((text) => text.includes("Hook"))).to.deep.equal(told);
    });
  }

  it("shortens the time of a preStop hook when the grace becomes shorter", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("c", { isDeaf: true });
    h.runtime.onExec = async () => await new Promise(() => {});
    await h.create(podWith({ lifecycle: PRE_STOP }));
    await h.sees("STARTED ready c=R#0");
    const begun = h.clock.now();
    await h.stopPod(60);
    await h.quiet();
    await h.stopPod(3);
    await h.advance(3000);
    await h.until(() => callsOf(h, "stop c").length > 0, "the request to end");
    await h.advance(2000);
    await h.sees("ENDED gone c=T137#0");
    expect(h.clock.now() - begun).to.equal(5000);
  });

  it("starts an instance that a probe ended again at once, but by its exit code where a back-off holds it back", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    const probe = { ...EXEC, periodSeconds: 4 };
    await h.create(podWith({ livenessProbe: probe }, { restartPolicy: "OnFailure" }));
    await h.sees("STARTED ready c=R#0");
    for (const started of ["STARTED ready c=R#1<0", "STARTED ready c=R#2<0"]) {
      await h.advance(4000);
      await h.advance(0);
      await h.sees(started);
    }
    await h.advance(4000);
    await h.advance(0);
    await h.sees("ENDED gone c=T0#2<0");
    expect(h.history.slice(-2)).to.deep.equal(["STARTED ready c=T0#2<0", "ENDED gone c=T0#2<0"]);
  });

  it("ends one container of a Never pod for good while another runs on", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 1 });
    const containers = [container("a", { livenessProbe: EXEC }), container("b")];
    await h.create({ restartPolicy: "Never", terminationGracePeriodSeconds: 5, containers });
    await h.sees("STARTED ready a=R#0 b=R#0");
    await h.advance(5000);
    await h.advance(0);
    await h.sees("STARTED ready a=T0#0 b=R#0");
    expect(h.eventCounts().get("Killing|a|Container a failed liveness probe")).to.equal(1);
    h.runtime.exit(UID, "b", 0, { exitCode: 0 });
    await h.sees("ENDED gone a=T0#0 b=T0#0");
  });
});

describe("hooks whose command cannot be run", () => {
  it("say so in the words for a command without a session", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ error: "in the session: no such file", plainError: "no such file" });
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["begin"] } } } }));
    await h.quiet();
    await h.advance(0);
    const states = h.observations.map(({ containers }) => containers[0]?.state);
    const messages = states.map((state) => (state?.$case === "waiting" ? state.value.message : ""));
    expect(messages.filter((message) => message.includes("failed - error: no such file, message:"))).not.to.be.empty;
  });
});

describe("HTTP hooks", () => {
  it("are content with any answer", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.headers["user-agent"] === "kube-lifecycle/1.37" ? 500 : 200;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await using h = await Harness.start();
    h.runtime.podIPs = ["127.0.0.1"];
    const { port } = server.address() as AddressInfo;
    await h.create(podWith({ lifecycle: { postStart: { httpGet: { port, path: "/" } } } }));
    await h.sees("STARTED ready c=R#0");
    expect([...h.eventCounts().keys()].filter((text) => text.includes("Hook"))).to.deep.equal([]);
    server.close();
  });

  it("fall back to a server without TLS, and say so", async () => {
    const server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await using h = await Harness.start();
    h.runtime.podIPs = ["127.0.0.1"];
    const { port } = server.address() as AddressInfo;
    await h.create(podWith({ lifecycle: { postStart: { httpGet: { port, path: "/", scheme: "HTTPS" } } } }));
    await h.sees("STARTED ready c=R#0");
    const text = `request to HTTPS lifecycle hook 127.0.0.1:${port} got HTTP response, retry with HTTP succeeded`;
    expect(h.eventCounts().get(`LifecycleHTTPFallback||${text}`)).to.equal(1);
    server.close();
  });
});

describe("readiness while a pod is being ended", () => {
  it("is published, also of a container that has ended already, whose end is held back", async () => {
    await using h = await Harness.start();
    h.runtime.stopBehaviour.set("b", { isDeaf: true });
    let exitCode = 0;
    h.runtime.onExec = () => ({ exitCode });
    const containers = [container("a", { readinessProbe: EXEC }), container("b")];
    await h.create({ restartPolicy: "Always", terminationGracePeriodSeconds: 30, containers });
    await h.until(() => h.observations.length > 0 && h.state.includes("b=R"), "both run");
    await h.advance(0);
    await h.sees("STARTED ready a=R#0 b=R#0");
    await h.stopPod(30);
    await h.quiet();
    exitCode = 1;
    await h.advance(10_000);
    await h.sees("STOPPING ready a=R-ready#0 b=R#0");
    exitCode = 0;
    await h.advance(10_000);
    await h.sees("STOPPING ready a=R#0 b=R#0");
    await h.advance(10_000);
    await h.sees("ENDED gone a=T0#0 b=T137#0");
  });
});

describe("a postStart hook whose connection breaks off", () => {
  it("leaves its container running: how it ended is not known", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ error: "broken off", isLost: true });
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["begin"] } } } }));
    await h.sees("STARTED ready c=R#0");
    await h.quiet();
    expect(callsOf(h, "exec")).to.deep.equal(["exec c/0 begin"]);
    expect(callsOf(h, "stop")).to.deep.equal([]);
  });
});

describe("a hook that a backend which is away has not begun", () => {
  const AWAY = { error: "the backend is away", isUnbegun: true } as const;

  /** Once it has been asked so often; a second passes after each but the first. */
  async function asked(h: Harness, times: number): Promise<void> {
    if (times > 1) await h.advance(1000);
    await h.until(() => callsOf(h, "exec").length === times, `asked ${String(times)} times`);
    await h.quiet();
  }

  it("is begun after the start once the backend is back, and ends nothing meanwhile", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => AWAY;
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["begin"] } } } }));
    for (let times = 1; times <= 4; times += 1) await asked(h, times);
    expect(callsOf(h, "stop")).to.deep.equal([]);
    h.runtime.onExec = () => ({ exitCode: 0 });
    await h.advance(1000);
    await h.sees("STARTED ready c=R#0");
    await h.advance(60_000);
    expect(callsOf(h, "exec")).to.have.length(5);
    expect(callsOf(h, "stop")).to.deep.equal([]);
  });

  it("is given up when its container has ended, and does not count as failed", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => AWAY;
    const lifecycle = { postStart: { exec: { command: ["begin"] } } };
    await h.create(podWith({ lifecycle }, { restartPolicy: "Never" }));
    await asked(h, 1);
    h.runtime.exit(UID, "c", 0, { exitCode: 0 });
    await h.quiet();
    await h.advance(1000);
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    const shown = h.observations.flatMap(({ containers }) => containers.flatMap(({ state }) => state?.$case ?? []));
    expect(shown.slice(shown.indexOf("running"))).not.to.include("waiting");
  });

  it("is begun before the end, within the grace period", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => AWAY;
    await h.create(podWith({ lifecycle: PRE_STOP }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(30);
    for (let times = 1; times <= 4; times += 1) await asked(h, times);
    expect(callsOf(h, "stop")).to.deep.equal([]);
    h.runtime.onExec = () => ({ exitCode: 0 });
    await h.advance(1000);
    await h.advance(0);
    await h.sees("ENDED gone c=T0#0");
    expect(callsOf(h, "stop c")).to.deep.equal(["stop c/0 26000"]);
  });
});

describe("a preStop hook whose connection breaks off", () => {
  it("counts as failed, as with the kubelet: the container is asked to end at once", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ error: "broken off", isLost: true });
    await h.create(podWith({ lifecycle: PRE_STOP }));
    await h.sees("STARTED ready c=R#0");
    await h.stopPod(30);
    await h.quiet();
    expect(callsOf(h, "exec")).to.deep.equal(["exec c/0 hook"]);
    expect(callsOf(h, "stop c")).to.deep.equal(["stop c/0 30000"]);
    expect(h.events.map(({ reason }) => reason)).to.include("FailedPreStopHook");
  });
});

describe("a postStart hook that fails", () => {
  it("shows the kubelet's text while the next instance waits", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = async (_name, _command, io) => {
      await io.stdout(Buffer.from("out"));
      await io.stderr(Buffer.from("err"));
      return { exitCode: 3 };
    };
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["sh", "-c", "x"] } } } }));
    await h.until(() => callsOf(h, "stop c").length > 0, "the stop");
    await h.advance(0);
    await h.until(() => h.state.includes("PostStartHookError"), "the failure");
    const texts = h.observations.flatMap(({ containers }) =>
      containers.flatMap(({ state }) =>
        state?.$case === "waiting" ? [`${state.value.reason}: ${state.value.message}`] : [],
      ),
    );
    const pod = `Container "c" in Pod "p_ns(${UID})"`;
    const why = "command 'sh -c x' exited with 3: err";
    expect(texts).to.include(
      `PostStartHookError: Exec lifecycle hook ([sh -c x]) for ${pod} failed - error: ${why}, message: "outerr"`,
    );
  });

  it("shows the back-off soon after a hook that took its time", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = async () => await new Promise((done) => h.clock.after(1_500, () => done({ exitCode: 3 })));
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["x"] } } } }));
    await h.quiet();
    for (let passed = 0; passed < 4_750; passed += 250) await h.advance(250);
    await h.sees("STARTED ready c=CrashLoopBackOff#1<0");
    expect(h.history.at(-2)).to.equal("STARTED ready c=PostStartHookError#1<0");
  });

  it("shows it until the next instance is due, however often the end of this one is told", async () => {
    await using h = await Harness.start();
    h.runtime.onExec = () => ({ exitCode: 3 });
    await h.create(podWith({ lifecycle: { postStart: { exec: { command: ["x"] } } } }));
    await h.quiet();
    for (let passed = 0; passed < 1000; passed += 250) await h.advance(250);
    await h.sees("STARTED ready c=PostStartHookError#1<0");
    h.runtime.tellAgain(UID, "c", 1);
    await h.quiet();
    expect(h.state).to.equal("STARTED ready c=PostStartHookError#1<0");
    await h.advance(10_000);
    await h.quiet();
    expect(h.history).to.include("STARTED ready c=CrashLoopBackOff#1<0");
  });
});
