/** From what the caller wants to what the provider is asked for, and how its answer is printed. */
import type { Clock } from "../../ports/clock.js";
import type { LogChunk, LogQuery, ProviderLogs } from "../../ports/provider.js";
import { orAborted, untilAborted } from "./abortable.js";
import type { LogOptions } from "./options.js";
import { countLines, createLogRenderer, type LogRenderer } from "./renderer.js";

/** One log to read. */
export interface LogOrder {
  readonly uid: string;
  readonly container: string;
  readonly options: LogOptions;
  /** The provider cuts at tail lines and byte limits itself. */
  readonly providerTails: boolean;
}

/** A log under way. */
export interface OpenLog {
  readonly chunks: AsyncIterable<LogChunk>;
  readonly renderer: LogRenderer;
}

/**
 * Opens the log. When the provider cannot tail, the log as it stands is counted first, and its beginning then skipped: memory
 * stays small however long it is. Rejects with the provider's error, or when the signal aborts.
 */
export async function openLog(
  logs: ProviderLogs,
  order: LogOrder,
  clock: Clock,
  signal: AbortSignal,
): Promise<OpenLog> {
  const { options, providerTails } = order;
  const since = sinceOf(options, clock.now());
  const query = baseQuery(order, since);
  const skipLines =
    options.tailLines === undefined || providerTails
      ? 0
      : Math.max(0, (await lengthOf(logs, query, signal)) - options.tailLines);
  const chunks = await orAborted(logs.openLogs(providerTails ? withLimits(query, options) : query, signal), signal);
  const { timestamps, limitBytes } = options;
  return { chunks, renderer: createLogRenderer({ timestamps, since, skipLines, limitBytes }) };
}

async function lengthOf(logs: ProviderLogs, query: LogQuery, signal: AbortSignal): Promise<number> {
  const log = await orAborted(logs.openLogs({ ...query, follow: false }, signal), signal);
  return countLines(untilAborted(log, signal));
}

function sinceOf(options: LogOptions, now: number): bigint | undefined {
  if (options.sinceTime !== undefined) return options.sinceTime;
  if (options.sinceSeconds === undefined) return undefined;
  return BigInt(now) * 1_000_000n - BigInt(options.sinceSeconds) * 1_000_000_000n;
}

function baseQuery({ uid, container, options }: LogOrder, since: bigint | undefined): LogQuery {
  const { follow, previous } = options;
  const sinceMs = since === undefined || since <= 0n ? undefined : Number(since / 1_000_000n);
  return { uid, container, follow, previous, ...(sinceMs === undefined ? {} : { sinceMs }) };
}

/** The byte limit is the provider's upper bound only: prefixes count too, and the renderer counts them. */
function withLimits(query: LogQuery, { tailLines, limitBytes }: LogOptions): LogQuery {
  return {
    ...query,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}
