/** A lock on a folder that dies with its holder: a file with the holder's process id and start time. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Held until disposed of. */
export type FolderLock = Disposable;

/** Takes the lock; one left by a dead process is taken over. @throws Error that names the folder and the holder */
export function lockFolder(folder: string): FolderLock {
  const file = path.join(folder, "lock");
  const mine = describeProcess(process.pid);
  const own = path.join(folder, `lock.${process.pid}`);
  writeFileSync(own, mine, { mode: 0o600 });
  try {
    if (!tryLink(own, file) && !(removeStale(folder, file) && tryLink(own, file))) throw inUse(folder, file);
  } finally {
    rmSync(own, { force: true });
  }
  return {
    [Symbol.dispose]: () => {
      if (read(file) === mine) rmSync(file, { force: true });
    },
  };
}

/** Appears with its content, or not at all. */
function tryLink(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Only one of several processes can move a file away; whoever moved a lock that is alive after all puts it back. */
function removeStale(folder: string, file: string): boolean {
  const seen = read(file);
  if (seen !== undefined && isAlive(seen)) return false;
  const aside = path.join(folder, `lock.${process.pid}.stale`);
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return true;
    throw error;
  }
  const isStale = read(aside) === seen;
  if (!isStale) tryLink(aside, file);
  rmSync(aside, { force: true });
  return isStale;
}

function inUse(folder: string, file: string): Error {
  const holder = read(file)?.split(" ")[0] ?? "unknown";
  return new Error(`${folder}: in use by process ${holder}`);
}

/** "pid start": the start time tells a process from a later one with its id, where the system has it. */
function describeProcess(pid: number): string {
  return `${pid} ${startTimeOf(pid)}`;
}

function isAlive(holder: string): boolean {
  const pid = Number(holder.split(" ")[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  return isRunning(pid) && describeProcess(pid) === holder;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** Clock ticks since the machine's start; empty where there is no /proc. */
function startTimeOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
