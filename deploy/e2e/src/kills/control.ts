// What a runtime leaves of a creation that its own kill -9 cut off, without Outboard: it is asked by its own command line.
// dockerd 20.10 keeps the shim: neither its API nor a restart lets go of it, and a start of the container then fails.

import { eventually } from "@outboard/devcluster";
import type { Hold, RuncGate } from "@outboard/runtimes";
import type { Engine } from "./engine.js";
import { busyShims, shims } from "./shims.js";

/** What it leaves is gone by then, or stays. */
const PATIENCE_MS = 10_000;

/** Whether an idle shim stays of a container that is created, killed with its runtime, and removed. */
export async function keepsIdleShim({ bare, daemon }: Engine, runc: RuncGate): Promise<boolean> {
  if (bare === undefined) return false;
  const { id, start, remove } = await bare();
  const hold = await reached(runc.create(""), start);
  await daemon.kill();
  hold.release();
  await daemon.restart();
  await remove();
  const isGone = (): boolean => !shims().includes(id);
  await eventually(isGone, { message: "no shim", timeoutMs: PATIENCE_MS }).catch(() => undefined);
  return !isGone() && !busyShims().includes(id);
}

async function reached(hold: Hold, start: () => Promise<unknown>): Promise<Hold> {
  hold.arm();
  start().catch(() => undefined); // the runtime is killed meanwhile
  await eventually(() => hold.isReached(), { message: "the creation", timeoutMs: 30_000 });
  return hold;
}
