/** The Logs RPC over an instance's files: tail, since, limit, follow, cursors; entries become chunks. */
import { type LogChunk, type LogsRequest, OutputStream } from "@outboard/contract";
import type { Clock } from "../../clock/clock.js";
import { refuse } from "../../errors.js";
import { type Entry, type Position, readEntries } from "./entries.js";
import { logFiles } from "./files.js";
import { startOf, tailPosition } from "./tail.js";

/** Which log. */
export interface LogSource {
  readonly attempt: number;
  readonly logPath: string;
  readonly clock: Clock;
  readonly hasEnded: () => boolean;
}

type LogFilter = Pick<LogsRequest, "follow" | "sinceTime" | "tailLines" | "limitBytes" | "cursor">;

const LONGEST_CHUNK_BYTES = 32 * 1024;

/** Yields the log; a cursor that is no longer good: BAD_REQUEST. */
export async function* readLog(source: LogSource, filter: LogFilter, signal: AbortSignal): AsyncGenerator<LogChunk> {
  const start = await startOfReading(source, filter);
  const since = start.isResumed ? undefined : nanos(filter.sinceTime);
  const { logPath, clock, hasEnded } = source;
  const entries = readEntries({ logPath, clock, hasEnded, isFollowing: filter.follow }, start.position, signal);
  let left = filter.limitBytes === undefined ? Number.POSITIVE_INFINITY : Number(filter.limitBytes);
  let skip = start.skip;
  for await (const batch of entries) {
    for (const entry of batch) {
      if (left <= 0) return;
      if (since !== undefined && entry.line.timeUnixNano < since) continue;
      left = yield* upTo(left, toChunks(source.attempt, entry, skip));
      if (left <= 0) return;
      skip = 0;
    }
  }
}

/** The chunks as far as there are bytes left; returns what is left then. */
function* upTo(bytes: number, chunks: Iterable<LogChunk>): Generator<LogChunk, number> {
  let left = bytes;
  for (const chunk of chunks) {
    yield chunk.data.length <= left ? chunk : { ...chunk, data: chunk.data.subarray(0, left) };
    left -= chunk.data.length;
    if (left <= 0) break;
  }
  return left;
}

interface Start {
  readonly position: Position;
  /** Bytes of the first entry that were read before. */
  readonly skip: number;
  readonly isResumed: boolean;
}

async function startOfReading(source: LogSource, filter: LogFilter): Promise<Start> {
  if (filter.cursor.length > 0) return { ...(await readCursor(source, filter.cursor)), isResumed: true };
  const position =
    filter.tailLines === undefined
      ? startOf(await logFiles(source.logPath))
      : await tailPosition(source.logPath, Number(filter.tailLines));
  return { position, skip: 0, isResumed: false };
}

function nanos(date: Date | undefined): bigint | undefined {
  return date === undefined ? undefined : BigInt(date.getTime()) * 1_000_000n;
}

function toChunks(attempt: number, entry: Entry, skip: number): readonly LogChunk[] {
  const { line, at, behind } = entry;
  const data = line.isPartial ? line.data : Buffer.concat([line.data, Buffer.from("\n")]);
  const chunks: LogChunk[] = [];
  for (let begin = skip; begin < data.length; begin += LONGEST_CHUNK_BYTES) {
    const end = Math.min(begin + LONGEST_CHUNK_BYTES, data.length);
    const isWhole = end === data.length;
    chunks.push({
      timeUnixNano: line.timeUnixNano,
      stream: line.stream === "stderr" ? OutputStream.STDERR : OutputStream.STDOUT,
      data: data.subarray(begin, end),
      partial: line.isPartial || !isWhole,
      cursor: isWhole ? formatCursor(attempt, behind, 0) : formatCursor(attempt, at, end),
    });
  }
  return chunks;
}

function formatCursor(attempt: number, position: Position, skip: number): Uint8Array {
  return Buffer.from([attempt, position.file, position.offset, skip].join("/"));
}

async function readCursor(source: LogSource, cursor: Uint8Array): Promise<Omit<Start, "isResumed">> {
  const parts = /^(\d+)\/(\d+)\/(\d+)\/(\d+)$/.exec(Buffer.from(cursor).toString("latin1"))?.slice(1).map(Number);
  const [attempt, file, offset, skip] = parts ?? [];
  const isKnown = attempt === source.attempt && (await logFiles(source.logPath)).some(({ number }) => number === file);
  if (!isKnown || file === undefined || offset === undefined || skip === undefined) {
    throw refuse("BAD_REQUEST", "cursor is no longer good: the log it points into is gone");
  }
  return { position: { file, offset }, skip };
}
