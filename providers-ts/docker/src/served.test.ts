/** The whole provider, engine included, as a process over real container engines. */
import { randomUUID } from "node:crypto";
import { ProviderState, StopReason } from "@outboard/contract";
import { BUSYBOX_IMAGE } from "@outboard/runtimes";
import { expect } from "chai";
import { eventually, fileOf, type PodText, type ServedProvider } from "@outboard/provider-sdk/testing";
import { describeEngines } from "./testing/engines.js";
import { startProvider } from "./testing/served-provider.js";

function podOf(script: string, fields: Omit<PodText, "containers"> = {}, container = {}): PodText {
  const main = { name: "main", image: BUSYBOX_IMAGE, command: ["sh", "-c", script], ...container };
  return { restartPolicy: "Never", terminationGracePeriodSeconds: 1, ...fields, containers: [main] };
}

describeEngines("outboard-provider-docker", import.meta.filename, (stage) => {
  let provider: ServedProvider;
  before(async () => (provider = await startProvider(stage.engine.socket)));
  after(async () => await provider[Symbol.asyncDispose]());

  it("runs a pod with an init container, files, volumes and a termination message, and leaves nothing of it", async () => {
    using gateway = await provider.gateway();
    const uid = randomUUID();
    const script =
      "cat /made/f /cfg/d/color /sec/key; echo $WORD; id -u; (: >>/sec/x) 2>/dev/null || echo fixed; echo bye >/dev/termination-log; exit 3";
    const volumeMounts = [
      { name: "made", mountPath: "/made" },
      { name: "cfg", mountPath: "/cfg" },
      { name: "sec", mountPath: "/sec" },
    ];
    const volumes = [
      { name: "made", emptyDir: {} },
      { name: "cfg", configMap: {} },
      { name: "sec", secret: {} },
    ];
    const first = { name: "first", image: BUSYBOX_IMAGE, command: ["sh", "-c", "echo made >/made/f"], volumeMounts };
    const securityContext = { runAsUser: 1234, fsGroup: 2345 };
    const spec = podOf(script, { volumes, securityContext, initContainers: [first] }, { volumeMounts });
    await gateway.create(uid, spec, {
      env: { WORD: "hello" },
      files: {
        cfg: [fileOf("d/color", "blue\n")],
        sec: [fileOf("key", "secret\n", { mode: 0o440, gid: 2345, sensitive: true })],
      },
    });
    const { containers, podIps } = await gateway.ended(uid);
    expect(provider.output(uid, "main")).to.equal("made\nblue\nsecret\nhello\n1234\nfixed\n");
    expect(podIps.length).to.be.above(0);
    const main = containers.find(({ name }) => name === "main");
    const state = main?.state?.$case === "terminated" ? main.state.value : undefined;
    expect(state).to.deep.include({ exitCode: 3, message: "bye\n" });
    await gateway.removeAll();
    expect((await stage.world.containers()).filter((name) => name.includes(uid))).to.deep.equal([]);
  });

  it("was killed and goes on without a gateway: restarts a container, loses no line, starts nothing twice", async () => {
    const uid = randomUUID();
    const script =
      "echo start; i=0; while [ ! -e /data/go ]; do i=$((i+1)); echo line $i; sleep 0.01; done; rm /data/go; exit 3";
    const volumes = [{ name: "data", emptyDir: {} }];
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    {
      using gateway = await provider.gateway();
      await gateway.create(uid, podOf(script, { restartPolicy: "Always", volumes }, { volumeMounts }), {});
      await eventually(() => provider.output(uid, "main").includes("line 50\n"));
    }
    const before = (await stage.world.containers()).filter((name) => name.includes(uid));
    await provider.end("SIGKILL");
    await provider.start();
    const has = provider.output(uid, "main").length;
    await eventually(() => provider.output(uid, "main").length > has + 500);
    expect((await stage.world.containers()).filter((name) => name.includes(uid))).to.deep.equal(before);
    const lines = provider.output(uid, "main").split("\n").slice(0, -1);
    expect(lines.filter((line) => line === "start")).to.have.length(1);
    expect(lines.slice(1)).to.deep.equal(lines.slice(1).map((_, index) => `line ${String(index + 1)}`));
    const name = before.find((one) => one.startsWith("outboard_main")) ?? "";
    await stage.engine.command("exec", name, "touch", "/data/go");
    await eventually(() => provider.output(uid, "main", 1).includes("start\n"));
    using gateway = await provider.gateway();
    const shown = await gateway.container(uid, (one) => one.state?.$case === "running");
    expect(shown.restartCount).to.equal(1);
    await gateway.removeAll();
  });

  it("makes the sandbox of a pod anew when its infra container is lost", async () => {
    using gateway = await provider.gateway();
    const uid = randomUUID();
    await gateway.create(
      uid,
      podOf("trap 'exit 0' TERM; while :; do sleep 0.1; done", { restartPolicy: "Always" }),
      {},
    );
    const { containerId } = await gateway.container(uid, (one) => one.state?.$case === "running");
    const infra = (await stage.world.containers()).find((one) => one.startsWith("outboard_POD") && one.includes(uid));
    await stage.engine.command("kill", infra ?? "");
    const next = await gateway.container(
      uid,
      (one) => one.state?.$case === "running" && one.containerId !== containerId,
    );
    expect(next.containerId).not.to.equal(containerId);
    await gateway.removeAll();
  });

  it("says on the node that the engine is away, and holds pods as they were", async () => {
    using gateway = await provider.gateway();
    const uid = randomUUID();
    await gateway.create(uid, podOf("trap 'exit 0' TERM; while :; do sleep 0.1; done"), {});
    await gateway.container(uid, (one) => one.state?.$case === "running");
    await stage.engine.kill();
    const away = await eventually(async () => {
      const node = await gateway.node.getNode({}, gateway.options);
      return node.state === ProviderState.BROKEN ? node : undefined;
    });
    expect(away.reason).to.equal("ContainerEngineUnavailable");
    expect((await gateway.pod(uid))?.containers[0]?.state?.$case).to.equal("running");
    await gateway.pods.stopPod({ uid, graceSeconds: 1, reason: StopReason.USER }, gateway.options);
    await stage.engine.restart();
    const { containers } = await gateway.ended(uid);
    expect(containers[0]?.state?.$case).to.equal("terminated");
    await gateway.removeAll();
  });
});
