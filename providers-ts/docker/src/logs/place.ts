/**
 * How far a log has been written: for each stream the time of its last record and how many records have that very time. By it
 * a stream that is read again is taken up without losing or doubling a line. Each stream's times never go back; those of two
 * streams may cross by a moment.
 */
import type { OutputName } from "../api/frames.js";
import type { LogRecord } from "./records.js";

export interface StreamPlace {
  readonly time: string;
  readonly count: number;
}

export type LogPlace = Readonly<Partial<Record<OutputName, StreamPlace>>>;

/** Records in the order of the log, as entries of a CRI file. */
export function placeOf(entries: Iterable<Pick<LogRecord, "stream" | "time">>): LogPlace {
  const place: Partial<Record<OutputName, StreamPlace>> = {};
  for (const { stream, time } of entries) place[stream] = afterRecord(place[stream], time);
  return place;
}

function afterRecord(before: StreamPlace | undefined, time: string): StreamPlace {
  return before?.time === time ? { time, count: before.count + 1 } : { time, count: 1 };
}

/** How far the streams of one log may cross, and how coarse the engine's idea of since may be. */
const MARGIN_S = 5;

/** Seconds since 1970 to read from; 0: everything. */
export function sinceOf(place: LogPlace): number {
  const times = [place.stdout?.time, place.stderr?.time].filter((time) => time !== undefined);
  const newest = times.sort().at(-1);
  return newest === undefined ? 0 : Math.max(0, Math.floor(Date.parse(newest) / 1000) - MARGIN_S);
}

/** Tells for each record of a stream that is read again whether it is new. One cursor per reading. */
export class ReadingCursor {
  readonly #seen = new Map<OutputName, number>();
  readonly #passed = new Set<OutputName>();
  readonly #start: LogPlace;

  constructor(start: LogPlace) {
    this.#start = start;
  }

  isNew({ stream, time }: Pick<LogRecord, "stream" | "time">): boolean {
    const start = this.#start[stream];
    if (start === undefined || this.#passed.has(stream)) return true;
    if (time < start.time) return false;
    const seen = (this.#seen.get(stream) ?? 0) + 1;
    this.#seen.set(stream, seen);
    if (time === start.time && seen <= start.count) return false;
    this.#passed.add(stream);
    return true;
  }
}
