// Loaded into a process before its program (NODE_OPTIONS=--import): its wall clock is off by what a file says, read again
// all the time. Timers go on as they are, as with a true step: the monotonic clock is not set by anybody.

import { readFileSync } from "node:fs";

const file = process.env["OUTBOARD_CLOCK_FILE"] ?? "";
const READ_MS = 100;
const Real = Date;

let offsetMs = 0;
const now = (): number => Real.now() + offsetMs;

globalThis.Date = new Proxy(Real, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made) as object,
  apply: () => new Real(now()).toString(),
  get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
});

setInterval(() => {
  try {
    offsetMs = Number(readFileSync(file, "utf8")) || 0;
  } catch {
    offsetMs = 0;
  }
}, READ_MS).unref();
