/**
 * Writes one instance's output as a CRI log file: `<RFC3339Nano> stdout F line`, lines above 16 KiB in parts marked P.
 * A write that fails (full disk) drops the text, never the container.
 */
import { closeSync, openSync, writeSync } from "node:fs";

export type LogStream = "stdout" | "stderr";

const LIMIT_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

export class CriLog {
  readonly #path: string;
  readonly #rest: Record<LogStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #descriptor: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = open(path);
  }

  write(stream: LogStream, bytes: Buffer, time: string = timestamp()): void {
    const head = Buffer.from(`${time} ${stream} `);
    const parts: Buffer[] = [];
    this.#rest[stream] = splitLines(Buffer.concat([this.#rest[stream], bytes]), (mark, line) => {
      parts.push(head, mark, line, NEWLINE_BYTES);
    });
    this.#put(parts);
  }

  /** The stream has ended: what has no newline is a line too. */
  flush(stream: LogStream, time: string = timestamp()): void {
    const rest = this.#rest[stream];
    this.#rest[stream] = Buffer.alloc(0);
    if (rest.length > 0) this.#put([Buffer.from(`${time} ${stream} `), FULL, rest, NEWLINE_BYTES]);
  }

  reopen(): void {
    const next = open(this.#path);
    closeSync(this.#descriptor);
    this.#descriptor = next;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #put(parts: readonly Buffer[]): void {
    if (parts.length === 0) return;
    const bytes = Buffer.concat(parts);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch {
      // The disk is full or gone: the container goes on without its log.
    }
  }
}

const FULL = Buffer.from("F ");
const PARTIAL = Buffer.from("P ");
const NEWLINE_BYTES = Buffer.from("\n");

/** Hands out whole lines and full parts; returns a copy of the rest. */
export function splitLines(bytes: Buffer, each: (mark: Buffer, line: Buffer) => void): Buffer {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    const length = (end < 0 ? bytes.length : end) - start;
    if (length > LIMIT_BYTES) {
      each(PARTIAL, bytes.subarray(start, start + LIMIT_BYTES));
      start += LIMIT_BYTES;
    } else if (end < 0) {
      return Buffer.from(bytes.subarray(start));
    } else {
      each(FULL, bytes.subarray(start, end));
      start = end + 1;
    }
  }
}

/** Now, RFC 3339 with nine digits. */
export function timestamp(nowMs: number = performance.timeOrigin + performance.now()): string {
  const whole = Math.floor(nowMs);
  const micros = Math.floor((nowMs - whole) * 1000);
  return `${new Date(whole).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}000Z`;
}

function open(path: string): number {
  return openSync(path, "a", 0o640);
}
