/** What standalone mode must not forget: its cluster id, the fencing counter, and the UIDs and statuses of its pods. */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import type { Pod } from "../domain/kubernetes.js";

/** The state file's content. */
export interface StandaloneState {
  readonly clusterId: string;
  /** Raised by each process: the fencing number. */
  readonly fencing: number;
  /** Last resourceVersion given out. */
  readonly revision: number;
  /** Pods by namespace/name and UID, as last known. */
  readonly pods: readonly Pod[];
}

/** Opened state; the folder is locked while it is open. */
export interface StateStore extends Disposable {
  readonly state: StandaloneState;
  /** Replaces the state, durably. */
  save(state: StandaloneState): void;
}

/**
 * Opens the state in a folder and raises the fencing number.
 * @throws Error when another process holds the folder
 */
export function openState(folder: string): StateStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = lockFolder(folder);
  const file = path.join(folder, "state.json");
  let state = readState(file);
  const store: StateStore = {
    get state() {
      return state;
    },
    save(next) {
      writeDurably(file, JSON.stringify(next));
      state = next;
    },
    [Symbol.dispose]: () => unlinkSync(lock),
  };
  store.save({ ...state, fencing: state.fencing + 1 });
  return store;
}

function readState(file: string): StandaloneState {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as StandaloneState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return { clusterId: randomUUID(), fencing: 0, revision: 0, pods: [] };
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function writeDurably(file: string, text: string): void {
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, "w", 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(temporary, file);
}

/** A lock file with the holder's pid; one left by a dead process is taken over. */
function lockFolder(folder: string): string {
  const lock = path.join(folder, "lock");
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx", mode: 0o600 });
      return lock;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(readFileSync(lock, "utf8"));
      if (isAlive(holder)) throw new Error(`${folder}: in use by process ${holder}`, { cause: error });
      unlinkSync(lock);
    }
  }
  throw new Error(`${folder}: cannot be locked`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
