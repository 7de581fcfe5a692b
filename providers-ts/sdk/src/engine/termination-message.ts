/** The message that a container leaves: the tail of its file, else (by policy) the tail of its log. */
import { open } from "node:fs/promises";
import { parseCriLine } from "./logs/cri-line.js";

const LONGEST_BYTES = 4096;
const LOG_BYTES = 2048;
const LOG_LINES = 80;

/** Which end the message belongs to. */
export interface MessageSources {
  readonly file: string;
  readonly logPath: string;
  readonly policy: string;
  readonly exitCode: number | undefined;
  readonly reason: string;
}

/** Reads the message; "" when there is none or it cannot be read. */
export async function readTerminationMessage(sources: MessageSources): Promise<string> {
  const text = decode(await readTail(sources.file, LONGEST_BYTES));
  const isFallback = sources.policy === "FallbackToLogsOnError" && sources.exitCode !== 0;
  if (text !== "" || !isFallback || sources.reason === "ContainerCannotRun") return text;
  return await readLogTail(sources.logPath);
}

async function readLogTail(logPath: string): Promise<string> {
  const bytes = await readTail(logPath, LOG_LINES * 1024);
  const lines = bytes.toString("utf8").split("\n");
  const content = lines.slice(0, -1).flatMap((line) => {
    const parsed = parseCriLine(Buffer.from(line));
    return parsed === undefined ? [] : [Buffer.concat([parsed.data, Buffer.from(parsed.isPartial ? "" : "\n")])];
  });
  const tail = Buffer.concat(content.slice(-LOG_LINES));
  return decode(tail.subarray(Math.max(0, tail.length - LOG_BYTES)));
}

async function readTail(path: string, limit: number): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const length = Math.min(size, limit);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } catch {
    return Buffer.alloc(0);
  }
}

/** UTF-8 without the broken character that a cut may leave at the front. */
function decode(bytes: Buffer): string {
  let start = 0;
  while (start < Math.min(4, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString("utf8");
}
