import { expect } from "chai";
import type { PodWriter } from "../../ports/pods.js";
import { FakeApi } from "../testing/fake-api.js";
import { startControlWorld } from "../testing/world.js";

describe("when a status is written", () => {
  it("is at once where everything has come up, and after the merge window where it has not", async () => {
    await using world = startControlWorld();
    world.openSession();
    const first = world.api.create("p");
    await world.clock.settle();
    world.provider.run(first.metadata.uid);
    await world.clock.settle();
    expect(world.api.writes.map(({ status }) => status.phase)).to.deep.equal(["Running"]);
    const last = world.api.create("q");
    await world.clock.settle();
    world.provider.container(last.metadata.uid, "started", {
      kind: "waiting",
      reason: "ContainerCreating",
      message: "",
    });
    await world.clock.settle();
    expect(world.api.writes).to.have.length(1);
    await world.settle();
    expect(world.api.writes.map(({ status }) => status.phase)).to.deep.equal(["Running", "Pending"]);
  });

  it("is made when its turn has come: what came meanwhile goes along, and no end of a container is left out", async () => {
    const api = new FakeApi();
    const turns: (() => void)[] = [];
    const wait = (): Promise<void> => new Promise((resolve) => turns.push(resolve));
    const reserve: PodWriter["reserve"] = async () => {
      await wait();
      return (pod, from, to) => api.patchStatus(pod, from, to);
    };
    await using world = startControlWorld({ api: Object.assign(api, { reserve }) });
    const turn = async (): Promise<void> => {
      turns.shift()?.();
      await world.settle();
    };
    world.openSession();
    const { uid } = world.api.create("p", { restartPolicy: "Always" }).metadata;
    await world.clock.settle();
    world.provider.container(uid, "started", { kind: "waiting", reason: "ContainerCreating", message: "" });
    await world.settle();
    world.provider.run(uid);
    await world.settle();
    await turn();
    expect(world.api.writes.map(({ status }) => status.phase)).to.deep.equal(["Running"]);
    const restarts = (count: number): string => `restart ${count}`;
    for (const count of [1, 2]) {
      const times = { since: "2026-01-01T00:00:01Z", until: "2026-01-01T00:00:02Z" };
      const ended = {
        kind: "terminated",
        exitCode: count,
        reason: restarts(count),
        message: "",
        containerId: "c",
      } as const;
      world.provider.container(uid, "started", { ...ended, ...times }, count);
      world.provider.container(uid, "started", { kind: "running", since: times.until }, count + 1);
    }
    await world.settle();
    for (let writes = 0; writes < 6; writes++) await turn();
    const codes = world.api.writes.map(({ status }) => status.containerStatuses?.[0]?.state?.terminated?.exitCode);
    expect(codes.filter((code) => code !== undefined)).to.deep.equal([1, 2]);
    expect(turns).to.deep.equal([]);
  });

  it("joins a seen deletion and the end that comes of it while many others are written", async () => {
    const api = new FakeApi();
    let isSlow = false;
    const gate = Promise.withResolvers<void>();
    const patch = api.patchStatus.bind(api);
    api.patchStatus = async (...args) => {
      if (isSlow) await gate.promise;
      return await patch(...args);
    };
    await using world = startControlWorld({ api });
    world.openSession();
    const uids = ["a", "b", "c", "d", "p"].map((name) => world.api.create(name).metadata.uid);
    await world.clock.settle();
    for (const uid of uids) world.provider.run(uid);
    await world.settle();
    isSlow = true;
    for (const uid of uids.slice(0, 4)) world.provider.end(uid, 1);
    await world.settle();
    world.api.remove("p");
    await world.clock.settle();
    world.provider.end(uids.at(-1) ?? "", 0);
    await world.clock.settle();
    gate.resolve();
    await world.settle();
    const own = world.api.writes.filter(({ status }) => status.observedGeneration === 2);
    expect(own.map(({ status }) => status.phase)).to.deep.equal(["Succeeded"]);
  });
});
