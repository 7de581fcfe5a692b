/**
 * UIDs that must not be created again for an hour, and the counters that a UID reached in this epoch. Memory is bounded:
 * of the oldest entries only the highest counters stay, as a floor for all later pods.
 */

/** How long a tombstone stands, milliseconds. The contract asks for an hour at least. */
export const TOMBSTONE_MS: number = 3_600_000 + 60_000;
const MAX_ENTRIES = 65_536;

/** Highest numbers used for a UID. */
export interface Counters {
  readonly revision: bigint;
  readonly seq: bigint;
}

interface Entry extends Counters {
  readonly until: number;
}

/** The tombstones of one process. */
export class Tombstones {
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;
  #floor: Counters = { revision: 0n, seq: 0n };

  constructor(limit: number = MAX_ENTRIES) {
    this.#limit = limit;
  }

  /** Sets a tombstone, or starts its hour again. */
  bury(uid: string, now: number, counters: Counters = this.counters(uid)): void {
    this.#entries.delete(uid);
    this.#entries.set(uid, { ...counters, until: now + TOMBSTONE_MS });
    if (this.#entries.size > this.#limit) this.#dropOldest();
  }

  /** True while a tombstone stands. */
  stands(uid: string, now: number): boolean {
    const entry = this.#entries.get(uid);
    return entry !== undefined && now < entry.until;
  }

  /** Numbers above which a pod that is created now must begin. */
  counters(uid: string): Counters {
    return this.#entries.get(uid) ?? this.#floor;
  }

  #dropOldest(): void {
    const oldest = this.#entries.entries().next().value;
    if (oldest === undefined) return;
    const [uid, { revision, seq }] = oldest;
    this.#entries.delete(uid);
    this.#floor = {
      revision: revision > this.#floor.revision ? revision : this.#floor.revision,
      seq: seq > this.#floor.seq ? seq : this.#floor.seq,
    };
  }
}
