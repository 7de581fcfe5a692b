import { expect } from "chai";
import type { PatchStatus } from "../../ports/pods.js";
import { WriteTurns } from "./write-turns.js";

const patch: PatchStatus = () => Promise.reject(new Error("not sent in this test"));
const atOnce = (): PatchStatus => patch;
const END = 0;
const SEEN = 2;

/** All places taken, by pods that nobody asks for again. */
function fullTurns(away: ReadonlySet<string> = new Set()) {
  const queued: string[] = [];
  const turns = new WriteTurns({ requeue: (uid) => queued.push(uid), isAway: (uid) => away.has(uid) });
  for (let count = 0; count < 16; count++) expect(turns.enter(`first ${count}`, END, atOnce)).to.equal(patch);
  return { turns, queued };
}

describe("turns of status writes", () => {
  it("come at once while there are places, and by rank and time for those that wait for one", () => {
    const { turns, queued } = fullTurns();
    expect(turns.enter("a", SEEN, atOnce)).to.equal(undefined);
    expect(turns.enter("b", SEEN, atOnce)).to.equal(undefined);
    expect(turns.enter("c", END, atOnce)).to.equal(undefined);
    for (const uid of ["c", "a", "b"]) {
      turns.leave();
      expect(queued.at(-1)).to.equal(uid);
      expect(turns.enter(uid, SEEN, atOnce)).to.equal(patch);
    }
    expect(queued).to.have.length(3);
  });

  it("come sooner for a write that gains in rank, and never later", () => {
    const { turns, queued } = fullTurns();
    turns.enter("a", SEEN, atOnce);
    turns.enter("b", SEEN, atOnce);
    turns.enter("b", END, atOnce);
    turns.enter("b", SEEN, atOnce);
    turns.leave();
    expect(queued).to.deep.equal(["b"]);
  });

  it("go to the next when the one that was called has nothing to write any more", () => {
    const { turns, queued } = fullTurns();
    turns.enter("a", SEEN, atOnce);
    turns.enter("b", SEEN, atOnce);
    turns.leave();
    turns.drop("a");
    expect(queued).to.deep.equal(["a", "b"]);
    expect(turns.has("a")).to.equal(false);
  });

  it("pass over a pod that a step is under way for, which finds a free place by itself then", () => {
    const { turns, queued } = fullTurns(new Set(["a"]));
    turns.enter("a", END, atOnce);
    turns.enter("b", SEEN, atOnce);
    expect(turns.isWaiting("a")).to.equal(true);
    turns.leave();
    turns.leave();
    expect(queued).to.deep.equal(["b"]);
    expect(turns.isWaiting("a")).to.equal(false);
    expect(turns.enter("a", END, atOnce)).to.equal(patch);
  });

  it("are asked for anew, more urgently, where the budget is waited for; what was asked for first is given back", async () => {
    const queued: string[] = [];
    const turns = new WriteTurns({ requeue: (uid) => queued.push(uid), isAway: () => false });
    const first = Promise.withResolvers<PatchStatus>();
    const signals: AbortSignal[] = [];
    const wait = (turn: Promise<PatchStatus>) => (signal: AbortSignal) => {
      signals.push(signal);
      return turn;
    };
    expect(turns.enter("a", SEEN, wait(first.promise))).to.equal(undefined);
    expect(turns.enter("a", SEEN, wait(first.promise))).to.equal(undefined);
    expect(signals).to.have.length(1);
    expect(turns.enter("a", END, wait(Promise.resolve(patch)))).to.equal(undefined);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true, false]);
    first.reject(new Error("given back"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(queued).to.deep.equal(["a"]);
    expect(turns.enter("a", END, atOnce)).to.equal(patch);
  });

  it("bring the failure of the budget to who writes", async () => {
    const turns = new WriteTurns({ requeue: () => {}, isAway: () => false });
    turns.enter("a", END, () => Promise.reject(new Error("closed")));
    await new Promise((resolve) => setImmediate(resolve));
    const write = turns.enter("a", END, atOnce);
    const error: unknown = await write?.({} as never, {}, {}, new AbortController().signal).catch((cause) => cause);
    expect((error as Error).message).to.equal("closed");
  });
});
