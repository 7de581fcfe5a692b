/**
 * CPU rates from counters, for providers that tell no rate. Holds three readings per counter, so that callers who come often do
 * not shrink the window and one who comes seldom gets no average over hours. Times are the readings' own.
 */
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
export class CpuRates {
  readonly #tracks = new Map<string, Track>();

  /**
   * Takes a reading; the rate in 1e-9 cores, undefined until there are two readings. `startMs`: start of the instance that
   * counts; another one, or a counter that fell, begins anew. A young instance needs one reading only: it began at zero.
   */
  take(key: string, cpu: CpuUsage, startMs: number | undefined): bigint | undefined {
    const { timeMs, usageCoreNanoSeconds } = cpu;
    if (usageCoreNanoSeconds === undefined) return undefined;
    const track = follow(this.#tracks.get(key), { timeMs, coreNanoSeconds: usageCoreNanoSeconds }, startMs);
    this.#tracks.set(key, track);
    return rateOf(track);
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
