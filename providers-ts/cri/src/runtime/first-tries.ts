/**
 * Which objects the runtime cannot have yet: those of pods that this process made itself and saw nothing of before. For all
 * others it is asked before anything is made.
 */
import type { InstanceKey } from "./inventory.js";

export class FirstTries {
  readonly #seen: ReadonlySet<string>;
  /** By UID the instances whose start was tried. */
  readonly #made = new Map<string, Set<string>>();

  /** @param seen UIDs of pods that the runtime knew when the process connected to it */
  constructor(seen: Iterable<string>) {
    this.#seen = new Set(seen);
  }

  /** True once for a pod: nothing was ever tried. */
  ofPod(uid: string): boolean {
    if (this.#seen.has(uid) || this.#made.has(uid)) return false;
    this.#made.set(uid, new Set());
    return true;
  }

  /** True once for an instance. */
  ofInstance({ uid, name, attempt }: InstanceKey): boolean {
    const tried = this.#made.get(uid);
    const key = `${name}/${String(attempt)}`;
    if (tried === undefined || tried.has(key)) return false;
    tried.add(key);
    return true;
  }

  /** Nobody will start it again. */
  forgetInstance({ uid, name, attempt }: InstanceKey): void {
    this.#made.get(uid)?.delete(`${name}/${String(attempt)}`);
  }

  forgetPod(uid: string): void {
    this.#made.delete(uid);
  }
}
