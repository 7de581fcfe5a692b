import { expect } from "chai";
import { createManualClock } from "../testing/manual-clock.js";
import { DONE, type Outcome, WorkQueue } from "./work-queue.js";

describe("work queue", () => {
  function setup(work: (key: string) => Promise<Outcome>, concurrency = 4) {
    const clock = createManualClock();
    const errors: [string, number][] = [];
    const queue = new WorkQueue({
      clock,
      concurrency,
      work,
      backoffMs: { first: 100, longest: 350 },
      onError: (key, _error, retryMs) => errors.push([key, retryMs]),
    });
    const stop = new AbortController();
    const running = queue.run(stop.signal);
    return { clock, queue, errors, end: async () => (stop.abort(), await running) };
  }

  it("works on a key once however often it was added before", async () => {
    const seen: string[] = [];
    const { queue, clock, end } = setup(async (key) => (seen.push(key), DONE));
    queue.add("a");
    queue.add("a");
    queue.add("b");
    await clock.settle();
    expect(seen).to.deep.equal(["a", "b"]);
    await end();
  });

  it("never works on one key twice at once, and again after what came meanwhile", async () => {
    let active = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    const { queue, clock, end } = setup(async () => {
      most = Math.max(most, ++active);
      await new Promise<void>((resolve) => gates.push(resolve));
      active--;
      return DONE;
    });
    queue.add("a");
    await clock.settle();
    queue.add("a");
    await clock.settle();
    expect(gates).to.have.length(1);
    gates[0]?.();
    await clock.settle();
    expect(gates).to.have.length(2);
    expect(most).to.equal(1);
    gates[1]?.();
    await end();
  });

  it("gives others their turn while it works through thousands of keys that need no waiting", async () => {
    let done = 0;
    const seen: number[] = [];
    const { queue, end } = setup(async () => (done++, DONE), 256);
    for (let key = 0; key < 1000; key++) queue.add(String(key));
    for (let turn = 0; turn < 200; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(done);
    }
    expect(done).to.equal(1000);
    expect(Math.max(...seen.map((count, index) => count - (seen[index - 1] ?? 0)))).to.be.at.most(64);
    await end();
  });

  it("keeps to its concurrency", async () => {
    const gates: (() => void)[] = [];
    const work = async () => (await new Promise<void>((resolve) => gates.push(resolve)), DONE);
    const { queue, clock, end } = setup(work, 2);
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.settle();
    expect(gates).to.have.length(2);
    gates.forEach((open) => open());
    await clock.settle();
    expect(gates).to.have.length(3);
    gates[2]?.();
    await end();
  });

  it("works on a delayed key at its time, the earliest of several", async () => {
    const at: number[] = [];
    const { queue, clock, end } = setup(async () => (at.push(clock.now()), DONE));
    const start = clock.now();
    queue.add("a", 500);
    queue.add("a", 200);
    queue.add("a", 900);
    await clock.advance(199);
    expect(at).to.deep.equal([]);
    await clock.advance(1);
    expect(at).to.deep.equal([start + 200]);
    await clock.advance(2_000);
    expect(at).to.have.length(1);
    await end();
  });

  it("comes back after failures with growing delay, from the start after a success", async () => {
    let failing = true;
    const { queue, clock, errors, end } = setup(async () => {
      if (failing) throw new Error("no");
      return DONE;
    });
    queue.add("a");
    await clock.settle();
    await clock.advance(100);
    await clock.advance(200);
    await clock.advance(350);
    expect(errors.map(([, ms]) => ms)).to.deep.equal([100, 200, 350, 350]);
    failing = false;
    await clock.advance(350);
    failing = true;
    queue.add("a");
    await clock.settle();
    expect(errors.at(-1)?.[1]).to.equal(100);
    await end();
  });

  it("waits for what is under way when it is stopped", async () => {
    const gates: (() => void)[] = [];
    const { queue, clock, end } = setup(async () => (await new Promise<void>((resolve) => gates.push(resolve)), DONE));
    queue.add("a");
    await clock.settle();
    let ended = false;
    const ending = end().then(() => {
      ended = true;
    });
    await clock.settle();
    expect(ended).to.equal(false);
    gates[0]?.();
    await ending;
    expect(ended).to.equal(true);
  });
});
