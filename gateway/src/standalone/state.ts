/** What standalone mode must not forget: its cluster id, the fencing counter, and the UIDs and statuses of its pods. */
import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Pod } from "../domain/kubernetes.js";
import { isFields } from "../domain/raw-fields.js";
import { writeDurably } from "./durable-file.js";
import { lockFolder } from "./lock.js";

/** The state file's content. */
export interface StandaloneState {
  readonly clusterId: string;
  /** Raised by each process: the fencing number. */
  readonly fencing: number;
  /** Last resourceVersion given out. */
  readonly revision: number;
  /** As last known. */
  readonly pods: readonly Pod[];
}

/** Opened state; the folder is locked while it is open. */
export interface StateStore extends Disposable {
  readonly state: StandaloneState;
  /** Replaces the state, durably. @throws Error when it cannot be written; the state then is what it was */
  save(state: StandaloneState): void;
}

/**
 * Opens the state in a folder, made if it is not there, and raises the fencing number.
 * @throws Error that names the folder when another process holds it, or the file when it cannot be read
 */
export function openState(folder: string): StateStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const lock = lockFolder(folder);
  try {
    return openFile(path.join(folder, "state.json"), lock);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

function openFile(file: string, lock: Disposable): StateStore {
  let state = readState(file);
  const store: StateStore = {
    get state() {
      return state;
    },
    save(next) {
      writeDurably(file, JSON.stringify(next));
      state = next;
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
  store.save({ ...state, fencing: state.fencing + 1 });
  return store;
}

function readState(file: string): StandaloneState {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isState(value)) throw new Error("is not a state file");
    return value;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return { clusterId: randomUUID(), fencing: 0, revision: 0, pods: [] };
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function isState(value: unknown): value is StandaloneState {
  if (!isFields(value)) return false;
  const { clusterId, fencing, revision, pods } = value;
  return (
    typeof clusterId === "string" &&
    Number.isSafeInteger(fencing) &&
    Number.isSafeInteger(revision) &&
    Array.isArray(pods) &&
    pods.every((pod) => isFields(pod) && isFields(pod["metadata"]) && typeof pod["metadata"]["uid"] === "string")
  );
}
