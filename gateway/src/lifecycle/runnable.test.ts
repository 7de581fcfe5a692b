import { expect } from "chai";
import { rejection } from "../testing/eventually.js";
import { createManualClock } from "../testing/manual-clock.js";
import { type Runnable, runGroups } from "./runnable.js";
import { systemClock } from "./system-clock.js";

/** Notes when it starts and when it has stopped; stopping takes a few turns. */
function noting(name: string, notes: string[], end: () => Promise<void> = turns): Runnable {
  return {
    name,
    run: async (signal) => {
      notes.push(`start ${name}`);
      await aborted(signal);
      notes.push(`stop ${name}`);
      await end();
      notes.push(`end ${name}`);
    },
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

describe("runGroups", () => {
  it("starts in order and stops in reverse, a group after the one behind it has ended", async () => {
    const notes: string[] = [];
    const stop = new AbortController();
    const running = runGroups(
      [[noting("a", notes), noting("b", notes)], [noting("c", notes)], [noting("d", notes)]],
      stop.signal,
    );
    await turns();
    expect(notes).to.deep.equal(["start a", "start b", "start c", "start d"]);
    stop.abort();
    await running;
    expect(notes.slice(4)).to.deep.equal(["stop d", "end d", "stop c", "end c", "stop a", "stop b", "end a", "end b"]);
  });

  it("stops everything when one breaks, and throws its error", async () => {
    const notes: string[] = [];
    const mine = new Error("broken");
    const broken: Runnable = { name: "broken", run: () => Promise.reject(mine) };
    const error = await rejection(
      runGroups([[noting("a", notes)], [broken], [noting("c", notes)]], new AbortController().signal),
    );
    expect(error).to.equal(mine);
    expect(notes).to.deep.equal(["start a", "start c", "stop c", "end c", "stop a", "end a"]);
  });

  it("treats a runnable that throws at once as broken", async () => {
    const notes: string[] = [];
    const throwing: Runnable = {
      name: "throwing",
      run: () => {
        throw new Error("at once");
      },
    };
    const error = await rejection(runGroups([[noting("a", notes)], [throwing]], new AbortController().signal));
    expect(error).to.have.property("message", "at once");
    expect(notes.at(-1)).to.equal("end a");
  });

  it("throws the error of the first that breaks", async () => {
    const failing = (name: string): Runnable => ({ name, run: () => Promise.reject(new Error(name)) });
    const error = await rejection(runGroups([[failing("first"), failing("second")]], new AbortController().signal));
    expect(error).to.have.property("message", "first");
  });

  it("does not call an error what a runnable rejects with when it is told to stop", async () => {
    const stop = new AbortController();
    const rejecting: Runnable = {
      name: "rejecting",
      run: async (signal) => {
        await aborted(signal);
        signal.throwIfAborted();
      },
    };
    const running = runGroups([[rejecting]], stop.signal);
    stop.abort(new Error("SIGTERM"));
    await running;
  });

  it("goes on when a runnable ends by itself", async () => {
    const notes: string[] = [];
    const stop = new AbortController();
    const running = runGroups([[{ name: "short", run: () => Promise.resolve() }, noting("a", notes)]], stop.signal);
    await turns();
    expect(notes).to.deep.equal(["start a"]);
    stop.abort();
    await running;
  });

  it("starts nothing when the signal has aborted already", async () => {
    const notes: string[] = [];
    await runGroups([[noting("a", notes)]], AbortSignal.abort());
    expect(notes).to.deep.equal([]);
  });

  it("names what does not stop in time", async () => {
    const notes: string[] = [];
    const clock = createManualClock();
    const stop = new AbortController();
    const stuck = noting("stuck", notes, () => new Promise(() => {}));
    const running = rejection(
      runGroups([[noting("below", notes)], [stuck, noting("beside", notes)]], stop.signal, { clock, stopMs: 8_000 }),
    );
    stop.abort();
    await clock.advance(7_999);
    await clock.advance(1);
    expect(await running).to.have.property("message", "did not stop within 8 s: below, stuck");
  });
});

describe("the system's clock", () => {
  it("sleeps and wakes", async () => {
    const before = systemClock.now();
    await systemClock.sleep(5, new AbortController().signal);
    expect(systemClock.now() - before).to.be.at.least(4);
  });

  it("rejects with the signal's own reason, before and during the sleep", async () => {
    const mine = new Error("enough");
    expect(await rejection(systemClock.sleep(60_000, AbortSignal.abort(mine)))).to.equal(mine);
    const stop = new AbortController();
    const sleeping = rejection(systemClock.sleep(60_000, stop.signal));
    stop.abort(mine);
    expect(await sleeping).to.equal(mine);
  });
});
