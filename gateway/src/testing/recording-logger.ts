/** A logger that keeps its lines. */
import { type Logger, pino } from "pino";

/** One line of the log. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly msg: string;
  readonly [field: string]: unknown;
}

const LEVELS: Readonly<Record<number, LogLine["level"]>> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };

/** The logger and its lines so far. */
export function createRecordingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (text: string) => {
    const line = JSON.parse(text) as { level: number; msg: string };
    lines.push({ ...line, level: LEVELS[line.level] ?? "error" });
  };
  return { logger: pino({ level: "debug" }, { write }), lines };
}
