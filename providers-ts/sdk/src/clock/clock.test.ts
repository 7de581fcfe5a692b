import { expect } from "chai";
import { sleep } from "./clock.js";
import { ManualClock } from "./manual-clock.js";
import { SystemClock } from "./system-clock.js";
import { TimerHeap } from "./timer-heap.js";

describe("TimerHeap", () => {
  it("gives timers in the order of their due times, equal ones in the order of their making", () => {
    const heap = new TimerHeap();
    const order: string[] = [];
    for (const [index, due] of [5, 1, 4, 1, 3, 9, 2, 6, 5, 3, 5].entries())
      heap.add(due, () => order.push(`${due}/${index}`));
    for (let timer = heap.takeDue(100); timer !== undefined; timer = heap.takeDue(100)) timer.run?.();
    expect(order).to.deep.equal(["1/1", "1/3", "2/6", "3/4", "3/9", "4/2", "5/0", "5/8", "5/10", "6/7", "9/5"]);
  });

  it("passes over cancelled timers", () => {
    const heap = new TimerHeap();
    heap.add(1, () => {}).run = undefined;
    heap.add(2, () => {});
    expect(heap.earliest()).to.equal(2);
    expect(heap.takeDue(1)).to.equal(undefined);
  });
});

describe("ManualClock", () => {
  it("runs each timer at its own time, those made on the way too", () => {
    const clock = new ManualClock(0);
    const at: number[] = [];
    clock.after(10, () => {
      at.push(clock.now());
      clock.after(5, () => at.push(clock.now()));
    });
    clock.after(100, () => at.push(clock.now()));
    clock.advance(50);
    expect([at, clock.now()]).to.deep.equal([[10, 15], 50]);
  });
});

describe("SystemClock", () => {
  it("runs timers that an advance made due, and those that became due by themselves", async () => {
    const clock = new SystemClock();
    const ran: string[] = [];
    clock.after(3_600_000, () => ran.push("late"));
    const soon = new Promise<void>((resolve) => {
      clock.after(5, () => {
        ran.push("soon");
        resolve();
      });
    });
    await soon;
    expect(ran).to.deep.equal(["soon"]);
    const before = clock.now();
    clock.advance(3_600_000);
    expect(ran).to.deep.equal(["soon", "late"]);
    expect(clock.now() - before).to.be.at.least(3_600_000);
  });
});

describe("sleep", () => {
  it("resolves in time and rejects with the signal's reason", async () => {
    const clock = new ManualClock();
    const slept = sleep(clock, 10, new AbortController().signal);
    clock.advance(10);
    await slept;
    const controller = new AbortController();
    const aborted = sleep(clock, 10, controller.signal).catch((error: Error) => error.message);
    controller.abort(new Error("enough"));
    expect(await aborted).to.equal("enough");
    const late = sleep(clock, 10, AbortSignal.abort(new Error("before"))).catch((error: Error) => error.message);
    expect(await late).to.equal("before");
  });
});
