// One holder at a time on this machine. The lock file names its holder; the lock of a dead holder is taken over.

import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { isAlive, markOf, parseMark } from "./process-mark.js";

const POLL_MS = 1_000;
const TELL_EVERY = 15;

export async function acquireFileLock(file: string, onWait: () => void, signal: AbortSignal): Promise<AsyncDisposable> {
  for (let attempt = 0; !(await tryLock(file)); attempt += 1) {
    signal.throwIfAborted();
    if (attempt % TELL_EVERY === 0) onWait();
    await removeIfStale(file);
    await wait(POLL_MS, undefined, { signal });
  }
  return { [Symbol.asyncDispose]: async () => rm(file, { force: true }) };
}

async function tryLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, JSON.stringify(markOf(process.pid)), { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function removeIfStale(file: string): Promise<void> {
  const holder = parseMark(await readFile(file, "utf8").catch(() => ""));
  if (holder !== undefined && !isAlive(holder)) await rm(file, { force: true });
}
