import { expect } from "chai";
import type { Urgency } from "../../domain/status-progress.js";
import { ApiError, type PatchStatus, type PodWriter } from "../../ports/pods.js";
import { FakeApi } from "../testing/fake-api.js";
import { startControlWorld } from "../testing/world.js";

interface Turn {
  readonly urgency: Urgency;
  readonly go: () => void;
}

/** An API whose writes wait until the test lets them. */
function apiWithTurns(): { readonly api: FakeApi; readonly turns: Turn[] } {
  const api = new FakeApi();
  const turns: Turn[] = [];
  const reserve: PodWriter["reserve"] = (urgency, signal) =>
    new Promise<PatchStatus>((resolve, reject) => {
      const turn = {
        urgency,
        go: () => resolve((now, before, after) => api.patchStatus(now, before, after)),
      };
      turns.push(turn);
      signal.addEventListener("abort", () => {
        turns.splice(turns.indexOf(turn), 1);
        reject(signal.reason);
      });
    });
  return { api: Object.assign(api, { reserve }), turns };
}

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
    const { api, turns } = apiWithTurns();
    await using world = startControlWorld({ api });
    const turn = async (): Promise<void> => {
      turns.shift()?.go();
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

  it("does not keep a pod from being stopped, or created, while it waits for its turn", async () => {
    const { api, turns } = apiWithTurns();
    await using world = startControlWorld({ api });
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.settle();
    expect(turns).to.have.length(1);
    world.api.remove("p", 7);
    await world.clock.settle();
    expect(world.provider.named("stop").map(({ grace }) => grace)).to.deep.equal([7]);
    expect(world.api.writes).to.deep.equal([]);
  });

  it("gains in importance while it waits when the pod is deleted or ends, and loses its turn when there is nothing to write", async () => {
    const { api, turns } = apiWithTurns();
    await using world = startControlWorld({ api });
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.provider.container(uid, "preparing", { kind: "waiting", reason: "ContainerCreating", message: "" });
    await world.clock.advance(1_100);
    const classes: (string | undefined)[] = [turns[0]?.urgency];
    world.provider.run(uid);
    await world.settle();
    classes.push(turns[0]?.urgency);
    world.api.remove("p");
    await world.settle();
    classes.push(turns[0]?.urgency);
    expect(classes).to.deep.equal(["seen", "progress", "end"]);
    expect(turns).to.have.length(1);
    world.api.remove("p", 0);
    await world.settle();
    expect(turns).to.deep.equal([]);
  });

  it("asks for another turn when the API server is too busy, and is written once then", async () => {
    const { api, turns } = apiWithTurns();
    const patch = api.patchStatus.bind(api);
    let refusals = 1;
    api.patchStatus = async (...args) => {
      if (refusals-- > 0) throw new ApiError(429, "too many requests", { retryAfterMs: 1_000 });
      return await patch(...args);
    };
    await using world = startControlWorld({ api });
    world.openSession();
    const { uid } = world.api.create("p").metadata;
    await world.clock.settle();
    world.provider.run(uid);
    await world.clock.settle();
    turns.shift()?.go();
    await world.clock.settle();
    expect(turns).to.have.length(1);
    expect(world.api.writes).to.deep.equal([]);
    turns.shift()?.go();
    await world.settle();
    expect(world.api.writes.map(({ status }) => status.phase)).to.deep.equal(["Running"]);
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
