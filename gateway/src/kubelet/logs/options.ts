/** The query of containerLogs, read and judged as the kubelet does. Pure. */
import { parseTime } from "./time.js";

/** What the caller wants. */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly sinceSeconds?: number;
  /** Nanoseconds since 1970. */
  readonly sinceTime?: bigint;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly stream: string;
}

/** Result of reading a query. */
export type LogOptionsResult =
  | { readonly kind: "options"; readonly options: LogOptions }
  | { readonly kind: "undecodable" }
  | { readonly kind: "invalid" };

const STREAMS: readonly string[] = ["All", "Stdout", "Stderr"];
const INT64_MAX = 2n ** 63n - 1n;

class Undecodable extends Error {}

/** Reads a query. Numbers beyond 2^53 lose precision, which no log can show. */
export function readLogOptions(query: URLSearchParams): LogOptionsResult {
  try {
    const options = decode(query);
    return isValid(options) ? { kind: "options", options } : { kind: "invalid" };
  } catch (error) {
    if (error instanceof Undecodable) return { kind: "undecodable" };
    throw error;
  }
}

function decode(query: URLSearchParams): LogOptions {
  const sinceSeconds = integer(query.get("sinceSeconds"));
  const sinceTime = time(query.get("sinceTime"));
  const tailLines = integer(tailOf(query));
  const limitBytes = integer(query.get("limitBytes"));
  return {
    follow: flag(query.get("follow")),
    previous: flag(query.get("previous")),
    timestamps: flag(query.get("timestamps")),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    stream: query.get("stream") ?? "All",
  };
}

function isValid(options: LogOptions): boolean {
  const { sinceSeconds, sinceTime, tailLines, limitBytes, stream } = options;
  if (tailLines !== undefined && tailLines < 0) return false;
  if (limitBytes !== undefined && limitBytes < 1) return false;
  if (sinceSeconds !== undefined && (sinceTime !== undefined || sinceSeconds < 1)) return false;
  if (!STREAMS.includes(stream)) return false;
  return stream === "All" || tailLines === undefined;
}

/** The old name "tail" wins; "all" means no limit. */
function tailOf(query: URLSearchParams): string | null {
  const old = query.get("tail");
  if (old === null || old === "") return query.get("tailLines");
  return old === "all" ? null : old;
}

function flag(text: string | null): boolean {
  return text !== null && text !== "0" && text.toLowerCase() !== "false";
}

function integer(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^[+-]?\d{1,19}$/.test(text)) throw new Undecodable();
  const value = BigInt(text.replace(/^\+/, ""));
  if (value > INT64_MAX || value < -INT64_MAX - 1n) throw new Undecodable();
  return Number(value);
}

/** An empty text or "null" is the zero time: before every line. */
function time(text: string | null): bigint | undefined {
  if (text === null) return undefined;
  if (text === "" || text === "null") return -62_135_596_800n * 1_000_000_000n;
  const parsed = parseTime(text);
  if (parsed === undefined) throw new Undecodable();
  return parsed;
}
