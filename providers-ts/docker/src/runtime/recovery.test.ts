/** What a provider finds again after its own end, and after the engine's. */
import { expect } from "chai";
import { eventually, collectIO } from "@outboard/provider-sdk/testing";
import { describeEngines } from "../testing/engines.js";

const COUNT = "i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo line $i; echo err $i >&2; sleep 0.005; done";

/** Each stream's lines in order; none missing, none twice. */
function checkCounted(lines: readonly string[], count: number): void {
  for (const [stream, word] of [
    ["stdout", "line"],
    ["stderr", "err"],
  ] as const) {
    const texts = lines.flatMap((line) => new RegExp(`^\\S+ ${stream} F (.*)$`).exec(line)?.[1] ?? []);
    expect(texts).to.deep.equal(Array.from({ length: count }, (_, index) => `${word} ${String(index + 1)}`));
  }
}

describeEngines("a provider that starts again", import.meta.filename, (stage) => {
  it("finds pods, running and ended containers, and goes on with them", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "exit 4", { name: "done" }));
    const { id } = await world.runtime.startContainer(world.container(pod, "sleep 1000", { name: "on" }));
    await world.end(pod.uid, "done");
    await world.restart();
    const found = (await world.runtime.list()).find(({ uid }) => uid === pod.uid);
    expect(found?.sandboxReady).to.equal(true);
    expect(found?.sandbox?.id).to.equal(pod.sandboxId);
    expect(found?.containers.find(({ name }) => name === "done")?.exit?.exitCode).to.equal(4);
    const on = found?.containers.find(({ name }) => name === "on");
    expect(on).to.include({ id, attempt: 0 });
    expect(on?.exit).to.equal(undefined);
    await world.runtime.stopContainer(pod.uid, "on", 0, { graceMs: 0 });
    expect((await world.end(pod.uid, "on")).exit.exitCode).to.equal(137);
    await world.runtime.removePod(pod.uid);
  });

  it("tells of an end that it missed", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "sleep 0.5; exit 6"));
    await world.runtime.stop();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await world.begin();
    expect((await world.end(pod.uid)).exit.exitCode).to.equal(6);
    await world.runtime.removePod(pod.uid);
  });

  it("writes a log without a gap and without a line twice, however often it starts again", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, COUNT));
    for (let times = 0; times < 3; times += 1) {
      const before = world.log(pod).length;
      await eventually(() => world.log(pod).length > before + 20);
      await world.restart();
    }
    await world.end(pod.uid);
    checkCounted(world.log(pod), 600);
    await world.runtime.removePod(pod.uid);
  });

  it("makes nothing twice when a call whose answer was lost comes again", async () => {
    const { world } = stage;
    const spec = world.sandbox();
    const first = await world.runtime.createSandbox(spec);
    expect(await world.runtime.createSandbox(spec)).to.deep.equal(first);
    const pod = { ...spec, sandboxId: first.id };
    const container = world.container(pod, "sleep 1000");
    const { id } = await world.runtime.startContainer(container);
    expect((await world.runtime.startContainer(container)).id).to.equal(id);
    expect((await world.containers()).filter((name) => name.includes(spec.uid))).to.have.length(2);
    await world.runtime.removePod(spec.uid);
  });

  it("does not show or keep what was made and never started", async () => {
    const { world } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, "sleep 1000"));
    const labels = ["uid", "owner"].map((key) => `dev.outboard.${key}`);
    const name =
      (await world.containers()).find((one) => one.startsWith("outboard_main") && one.includes(pod.uid)) ?? "";
    const format = labels.map((label) => `{{index .Config.Labels "${label}"}}`).join(" ");
    const [uid = "", owner = ""] = (await stage.engine.command("inspect", "--format", format, name)).trim().split(" ");
    const words = [`dev.outboard.uid=${uid}`, `dev.outboard.owner=${owner}`, "dev.outboard.container=half"];
    const flags = words.flatMap((word) => ["--label", word]);
    await stage.engine.command("create", "--name", "half-made", ...flags, "outboard.local/infra:1");
    await world.restart();
    expect(await world.containers()).not.to.include("half-made");
    const found = (await world.runtime.list()).find((one) => one.uid === pod.uid);
    expect(found?.containers.map((one) => one.name)).to.deep.equal(["main"]);
    await world.runtime.removePod(pod.uid);
  });

  it("leaves containers of others alone", async () => {
    const { world } = stage;
    await stage.engine.command("run", "--detach", "--name", "foreign", "outboard.local/infra:1");
    await world.restart();
    expect((await world.runtime.list()).length).to.equal(0);
    expect(await world.containers()).to.include("foreign");
    await stage.engine.command("kill", "foreign");
    await stage.engine.command("rm", "foreign");
  });

  it("sees that the engine is away, and goes on when it is back", async () => {
    const { world, engine } = stage;
    const pod = await world.pod();
    await world.runtime.startContainer(world.container(pod, COUNT));
    await eventually(() => world.log(pod).length > 20);
    await engine.kill();
    await eventually(() => world.runtime.node().state === "broken");
    expect(world.runtime.node().reason).to.equal("ContainerEngineUnavailable");
    const asked = await world.runtime.list().catch((error: unknown) => error);
    expect(asked).to.be.instanceOf(Error);
    const io = collectIO();
    const exit = await world.runtime.exec(pod.uid, "main", 0, ["true"], io, new AbortController().signal);
    expect(exit).to.deep.include({ isUnbegun: true });
    await engine.restart();
    await eventually(() => world.runtime.node().state === "ready");
    expect((await world.end(pod.uid)).exit.exitCode).to.equal(0);
    checkCounted(world.log(pod), 600);
    await world.runtime.removePod(pod.uid);
  });
});
