/** A call that dockerd does not answer: a runc that waits holds dockerd's lock on the container, as a bad disk would. */
import { randomUUID } from "node:crypto";
import { PodStage } from "@outboard/contract";
import { BUSYBOX_IMAGE, installRuncGate, type RuncGate } from "@outboard/runtimes";
import { expect } from "chai";
import { eventually } from "@outboard/provider-sdk/testing";
import { describeEngine } from "../testing/engines.js";
import { startProvider } from "../testing/served-provider.js";

const SCRIPT = "echo start; exec sleep 1000";

describeEngine("docker", "a start that dockerd does not answer", import.meta.filename, (stage) => {
  let runc: RuncGate;
  before(() => (runc = installRuncGate()));
  after(() => runc[Symbol.dispose]());

  async function held(text: string, start: () => Promise<unknown>): Promise<Disposable> {
    const hold = runc.create(text);
    hold.arm();
    void start().catch(() => {}); // whose it was is gone
    await eventually(() => hold.isReached());
    return { [Symbol.dispose]: () => hold.release() };
  }

  async function namesOf(uid: string): Promise<readonly string[]> {
    return (await stage.world.containers()).filter((name) => name.includes(uid));
  }

  it("keeps nobody from starting again, and the container is taken over once it runs", async () => {
    const { world } = stage;
    const other = await world.pod();
    await world.runtime.startContainer(world.container(other, "sleep 1000"));
    const pod = await world.pod();
    const main = world.container(pod, SCRIPT, { name: "slow" });
    using hold = await held("slow", async () => await world.runtime.startContainer(main));
    await world.restart();
    const found = await world.runtime.list();
    expect(found.find(({ uid }) => uid === other.uid)?.containers.map(({ name }) => name)).to.deep.equal(["main"]);
    const shown = found.find(({ uid }) => uid === pod.uid);
    expect(shown).to.deep.include({ sandboxReady: true, containers: [] });
    const again = world.runtime.startContainer(main);
    hold[Symbol.dispose]();
    const { id } = await again;
    await eventually(() => world.log(pod, "slow").length > 0);
    expect(world.output(pod, "slow")).to.equal("start");
    expect(await namesOf(pod.uid)).to.have.length(2);
    expect((await world.runtime.list()).find(({ uid }) => uid === pod.uid)?.containers[0]?.id).to.equal(id);
    expect(world.ended).to.deep.equal([]);
    await world.runtime.removePod(pod.uid);
    await world.runtime.removePod(other.uid);
  });

  it("keeps nobody from starting again, and the sandbox is taken over once it runs", async () => {
    const { world } = stage;
    const spec = world.sandbox({ hostname: "slow-pod" });
    using hold = await held("slow-pod", async () => await world.runtime.createSandbox(spec));
    await world.restart();
    const shown = (await world.runtime.list()).find(({ uid }) => uid === spec.uid);
    expect(shown).to.deep.include({ sandbox: undefined, sandboxReady: false, containers: [] });
    const again = world.runtime.createSandbox(spec);
    hold[Symbol.dispose]();
    const { id } = await again;
    expect(await namesOf(spec.uid)).to.have.length(1);
    expect((await world.runtime.list()).find(({ uid }) => uid === spec.uid)?.sandbox?.id).to.equal(id);
    await world.runtime.removePod(spec.uid);
  });

  it("leaves the pod as being prepared to a gateway that comes meanwhile, and starts it once", async () => {
    await using provider = await startProvider(stage.engine.socket);
    const uid = randomUUID();
    const main = { name: "main", image: BUSYBOX_IMAGE, command: ["sh", "-c", `${SCRIPT}; : held-in-pod`] };
    const spec = { restartPolicy: "Always", terminationGracePeriodSeconds: 1, containers: [main] };
    const first = await provider.gateway();
    using hold = await held("held-in-pod", async () => await first.create(uid, spec));
    first[Symbol.dispose]();
    await provider.end("SIGKILL");
    await provider.start();
    using gateway = await provider.gateway();
    const shown = await gateway.pod(uid);
    expect(shown?.stage).to.equal(PodStage.PREPARING);
    expect(shown?.containers[0]?.state?.$case).not.to.equal("terminated");
    await gateway.create(uid, spec);
    hold[Symbol.dispose]();
    const { restartCount } = await gateway.container(uid, ({ state }) => state?.$case === "running");
    expect(restartCount).to.equal(0);
    await eventually(() => provider.output(uid, "main") !== "");
    expect(provider.output(uid, "main")).to.equal("start\n");
    expect(await namesOf(uid)).to.have.length(2);
    await gateway.removeAll();
    expect(await namesOf(uid)).to.deep.equal([]);
  });
});
