/** One run: the commands one after the other, what must always hold checked after each, and the end. */
import type { Command } from "./commands.js";
import { finish } from "./heal.js";
import { perform } from "./perform.js";
import { Rig } from "./rig.js";

/** Calls per pod that one command may cause at once, and per second of waiting (the shortest fixed retry is a second). */
const CALLS_AT_ONCE = 30;
const CALLS_PER_SECOND = 3;

/** @throws with every breach of a law */
export async function runCommands(commands: readonly Command[]): Promise<void> {
  await using rig = new Rig();
  rig.openSession();
  for (const { action, thenMs } of commands) {
    rig.begin();
    await perform(rig, action);
    if (thenMs > 0) await passAndCheckStops(rig, thenMs);
    checkCalls(rig, thenMs);
    rig.ledger.verify();
  }
  await finish(rig);
  rig.ledger.checkBounds();
  rig.ledger.verify();
}

/** Longest back-off of the queue. */
const LONGEST_PAUSE_MS = 10_000;

/** Whatever becomes of its status, a pod that is deleted is told to stop. */
async function passAndCheckStops(rig: Rig, ms: number): Promise<void> {
  const due = rig.isClear && ms > LONGEST_PAUSE_MS ? rig.ledger.dueStops() : [];
  await rig.pass(ms);
  const unstopped = new Set(rig.ledger.dueStops());
  for (const uid of due) if (unstopped.has(uid)) rig.ledger.breach(uid, `deleted, and not told to stop in ${ms} ms`);
}

function checkCalls({ ledger }: Rig, ms: number): void {
  const calls = ledger.takeCalls();
  const most = (ledger.facts.size + 1) * (CALLS_AT_ONCE + (ms / 1000) * CALLS_PER_SECOND);
  if (calls.length > most) ledger.breach("calls", `${calls.length} in ${ms} ms: ${calls.slice(-6).join(", ")}`);
}
