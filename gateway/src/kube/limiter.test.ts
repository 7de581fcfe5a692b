import { expect } from "chai";
import { Limiter, Priority } from "./limiter.js";
import { ManualClock } from "./testing/manual-clock.js";

const signal = new AbortController().signal;

/** Lets what is ready run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe("Limiter", () => {
  it("lets a burst pass at once and then keeps the rate", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock, { perSecond: 100, burst: 3 });
    let passed = 0;
    for (let times = 0; times < 6; times += 1) {
      void limiter.acquire(Priority.status, signal).then(() => {
        passed += 1;
      });
    }
    await settle();
    expect(passed).to.equal(3);
    clock.advance(10);
    await settle();
    expect(passed).to.equal(4);
    clock.advance(20);
    await settle();
    expect(passed).to.equal(6);
  });

  it("lets the more important class go first", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock, { perSecond: 100, burst: 1 });
    await limiter.acquire(Priority.events, signal);
    const order: string[] = [];
    const wait = (name: "events" | "status" | "lease"): void => {
      void limiter.acquire(Priority[name], signal).then(() => order.push(name));
    };
    wait("events");
    wait("status");
    wait("lease");
    for (let times = 0; times < 3; times += 1) {
      await settle();
      clock.advance(10);
    }
    await settle();
    expect(order).to.deep.equal(["lease", "status", "events"]);
  });

  it("lets those that were held come one after the other, ever faster", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock);
    limiter.hold(Priority.status, 1_000);
    const passedAt: number[] = [];
    const from = clock.now();
    for (let times = 0; times < 20; times += 1) {
      void limiter.acquire(Priority.status, signal).then(() => passedAt.push(clock.now() - from));
    }
    for (let ms = 0; ms < 1_600; ms += 1) {
      await settle();
      clock.advance(1);
    }
    await settle();
    expect(passedAt).to.have.length(20);
    expect(passedAt[0]).to.be.within(1_000, 1_051);
    const pauses = passedAt.slice(1).map((at, index) => at - (passedAt[index] ?? 0));
    expect(pauses[0]).to.be.within(100, 151);
    expect(pauses.slice(0, 4)).to.deep.equal(pauses.slice(0, 4).toSorted((left, right) => right - left));
    expect(pauses.at(-1)).to.equal(0);
  });

  it("holds the class that was told to wait and those below it, not those above", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock);
    limiter.hold(Priority.inputs, 1_000);
    await limiter.acquire(Priority.lease, signal);
    await limiter.acquire(Priority.terminal, signal);
    await limiter.acquire(Priority.status, signal);
    const passed: string[] = [];
    void limiter.acquire(Priority.inputs, signal).then(() => passed.push("inputs"));
    void limiter.acquire(Priority.events, signal).then(() => passed.push("events"));
    clock.advance(999);
    await settle();
    expect(passed).to.deep.equal([]);
    clock.advance(50);
    await settle();
    expect(passed).to.deep.equal(["inputs", "events"]);
  });

  it("holds the statuses of every urgency when one of them was told to wait: they are one flow", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock);
    limiter.hold(Priority.seen, 1_000);
    await limiter.acquire(Priority.lease, signal);
    const passed: string[] = [];
    for (const name of ["status", "terminal"] as const) {
      void limiter.acquire(Priority[name], signal).then(() => passed.push(name));
    }
    clock.advance(999);
    await settle();
    expect(passed).to.deep.equal([]);
    clock.advance(50);
    await settle();
    expect(passed).to.deep.equal(["terminal", "status"]);
  });

  it("lets events pass one by one while anything more important comes, and all when nothing does", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock);
    const from = clock.now();
    const passedAt: number[] = [];
    await limiter.acquire(Priority.status, signal);
    for (let times = 0; times < 20; times += 1) {
      void limiter.acquire(Priority.events, signal).then(() => passedAt.push(clock.now() - from));
    }
    for (let ms = 0; ms <= 260; ms += 1) {
      await settle();
      clock.advance(1);
      if (ms === 50) await limiter.acquire(Priority.status, signal);
    }
    expect(passedAt).to.have.length(20);
    const oneByOne = passedAt.filter((at) => at < 250);
    expect(oneByOne).to.have.length.within(10, 13);
    expect(oneByOne[0]).to.equal(0);
    for (const [index, at] of oneByOne.slice(1).entries()) expect(at - (oneByOne[index] ?? at)).to.be.at.least(20);
    expect(passedAt.slice(oneByOne.length).every((at) => at >= 250 && at <= 272)).to.equal(true);
  });

  it("forgets a waiter whose signal aborts and turns the rest away at its end", async () => {
    const clock = new ManualClock();
    const limiter = new Limiter(clock, { perSecond: 1, burst: 1 });
    await limiter.acquire(Priority.status, signal);
    const abort = new AbortController();
    const left = limiter.acquire(Priority.status, abort.signal).catch((error: unknown) => error);
    const stayed = limiter.acquire(Priority.status, signal).catch((error: unknown) => error);
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await left).to.equal(reason);
    limiter[Symbol.dispose]();
    expect(((await stayed) as Error).message).to.contain("closed");
    expect(clock.waits).to.deep.equal([]);
  });
});
