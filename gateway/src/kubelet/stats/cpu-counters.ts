/**
 * Counters of CPU, one after the other: rates for providers that tell none, and no step back within one instance, which readers
 * would take for a restart. Holds three readings per counter, so that callers who come often do not shrink the window and one
 * who comes seldom gets no average over hours. Times are the readings' own.
 */
import { defined } from "../../domain/defined.js";
import type { CpuUsage } from "../../ports/stats.js";

interface Reading {
  readonly timeMs: number;
  readonly coreNanoSeconds: bigint;
}

/** What is known of one counter; `mark` becomes the base once the window is over. */
interface Track {
  readonly startMs: number | undefined;
  readonly base: Reading;
  readonly mark: Reading;
  readonly newest: Reading;
}

/** Shorter says more about the clock's ticks than about the load. */
const SHORTEST_MS = 1_000;
const WINDOW_MS = 10_000;
const LONGEST_MS = 120_000;

/** The readings of all counters. */
export class CpuCounters {
  readonly #tracks = new Map<string, Track>();

  /**
   * Takes a reading; the same with a rate, where there are two readings. `startMs`: start of the instance that counts; another
   * one begins anew, and where it is not known, a counter that fell does. A young instance needs one reading only: it began at
   * zero.
   */
  take(key: string, cpu: CpuUsage, startMs: number | undefined): CpuUsage {
    const { timeMs, usageCoreNanoSeconds } = cpu;
    if (usageCoreNanoSeconds === undefined) return cpu;
    const before = this.#tracks.get(key);
    const isSame = before !== undefined && startMs !== undefined && before.startMs === startMs;
    const coreNanoSeconds = isSame ? larger(before.newest.coreNanoSeconds, usageCoreNanoSeconds) : usageCoreNanoSeconds;
    const track = follow(before, { timeMs, coreNanoSeconds }, startMs);
    this.#tracks.set(key, track);
    const usageNanoCores = cpu.usageNanoCores ?? rateOf(track);
    return { timeMs, ...defined({ usageNanoCores }), usageCoreNanoSeconds: coreNanoSeconds };
  }

  /** Forgets all other counters. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#tracks.keys()) if (!keys.has(key)) this.#tracks.delete(key);
  }

  /** How many counters are held. */
  get size(): number {
    return this.#tracks.size;
  }
}

function follow(track: Track | undefined, reading: Reading, startMs: number | undefined): Track {
  if (track === undefined || track.startMs !== startMs || reading.coreNanoSeconds < track.newest.coreNanoSeconds) {
    return begin(reading, startMs);
  }
  if (reading.timeMs <= track.newest.timeMs) return track;
  const { base, mark, newest } = track;
  const known = [base, mark, newest].find(({ timeMs }) => reading.timeMs - timeMs <= LONGEST_MS);
  if (known === undefined) return { startMs, base: reading, mark: reading, newest: reading };
  if (reading.timeMs - mark.timeMs < WINDOW_MS) return { startMs, base: known, mark, newest: reading };
  return { startMs, base: known === base ? mark : known, mark: reading, newest: reading };
}

function begin(reading: Reading, startMs: number | undefined): Track {
  const isYoung = startMs !== undefined && startMs < reading.timeMs && reading.timeMs - startMs <= LONGEST_MS;
  const base = isYoung ? { timeMs: startMs, coreNanoSeconds: 0n } : reading;
  return { startMs, base, mark: reading, newest: reading };
}

function rateOf({ base, newest }: Track): bigint | undefined {
  const elapsedMs = newest.timeMs - base.timeMs;
  if (elapsedMs < SHORTEST_MS) return undefined;
  return ((newest.coreNanoSeconds - base.coreNanoSeconds) * 1000n) / BigInt(elapsedMs);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
