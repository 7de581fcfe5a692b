/** One line of a log file in the CRI's format: `<RFC3339Nano> stdout F text`. Pure. */

/** A line as parsed; data is without its line end. */
export interface CriLine {
  /** Nanoseconds since 1970. */
  readonly timeUnixNano: bigint;
  readonly stream: "stdout" | "stderr";
  /** The line goes on in the next entry of its stream. */
  readonly isPartial: boolean;
  readonly data: Uint8Array;
}

const HEAD = /^(\S+) (stdout|stderr) ([A-Z:]+) ?/;
const LONGEST_HEAD = 64;

/** Parses a line without its "\n". Undefined: not in the format (torn by a crash). */
export function parseCriLine(line: Uint8Array): CriLine | undefined {
  const buffer = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const head = HEAD.exec(buffer.subarray(0, LONGEST_HEAD).toString("latin1"));
  const time = head?.[1] === undefined ? undefined : parseTime(head[1]);
  if (head === null || time === undefined) return undefined;
  return {
    timeUnixNano: time,
    stream: head[2] === "stderr" ? "stderr" : "stdout",
    isPartial: head[3]?.split(":").includes("P") ?? false,
    data: buffer.subarray(head[0].length),
  };
}

/** Writes a line with its "\n". */
export function formatCriLine(line: CriLine): Buffer {
  const head = `${formatTime(line.timeUnixNano)} ${line.stream} ${line.isPartial ? "P" : "F"} `;
  return Buffer.concat([Buffer.from(head), line.data, Buffer.from("\n")]);
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

function parseTime(text: string): bigint | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}${match[3]}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

function formatTime(nano: bigint): string {
  const seconds = new Date(Number(nano / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(nano % 1_000_000_000n).toString().padStart(9, "0")}Z`;
}
