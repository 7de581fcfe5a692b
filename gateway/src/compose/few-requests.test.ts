import { expect } from "chai";
import { startControlWorld } from "../control/testing/world.js";
import { Limiter, Priority } from "../kube/limiter.js";
import type { PatchStatus, PodWriter } from "../ports/pods.js";

const PODS = 90;
const PRIORITIES = { end: Priority.terminal, progress: Priority.status, seen: Priority.seen } as const;

describe("a gateway with five requests a second", () => {
  it("stops a deleted pod at once and tells of its end next, though the statuses of all others wait", async () => {
    await using world = startControlWorld();
    const { api, clock, provider } = world;
    const limiter = new Limiter(clock, { perSecond: 5, burst: 10 });
    const patch: PatchStatus = (pod, from, to) => api.patchStatus(pod, from, to);
    const reserve: PodWriter["reserve"] = (urgency, signal) => {
      const priority = PRIORITIES[urgency];
      return limiter.tryAcquire(priority) ? patch : limiter.acquire(priority, signal).then(() => patch);
    };
    Object.assign(api, { reserve });
    world.openSession();
    const uids = Array.from({ length: PODS }, (_, index) => api.create(`p${index}`).metadata.uid);
    for (let turns = 0; provider.pods.size < PODS && turns < 100; turns++) await clock.settle();
    for (const uid of uids) provider.run(uid);
    await world.settle();
    const written = api.writes.length;
    expect(written).to.be.within(10, 13);
    const last = uids.at(-1) ?? "";
    api.remove(`p${PODS - 1}`, 20);
    await clock.settle();
    expect(provider.named("stop").map(({ uid, grace }) => [uid, grace])).to.deep.equal([[last, 20]]);
    provider.end(last, 0);
    await clock.advance(1_000);
    expect(api.pods.has(last), "the deleted pod is in the API").to.equal(false);
    expect(api.writes.length - written).to.be.within(4, 7);
    await clock.advance((PODS / 5) * 1_000);
    const phases = [...api.pods.values()].map(({ status }) => status?.phase);
    expect(phases).to.deep.equal(Array.from({ length: PODS - 1 }, () => "Running"));
    limiter[Symbol.dispose]();
  });
});
