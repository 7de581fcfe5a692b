// A pid alone says nothing after reuse; a pid with its start time names one process for good.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessMark {
  readonly pid: number;
  readonly startedAt: string;
}

export function markOf(pid: number): ProcessMark | undefined {
  const startedAt = startTime(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive(mark: ProcessMark): boolean {
  return startTime(mark.pid) === mark.startedAt;
}

/** Sends the signal only to the very process that was marked. Answers whether it was there. */
export function signalMarked(mark: ProcessMark, signal: NodeJS.Signals): boolean {
  if (!isAlive(mark)) return false;
  try {
    return process.kill(mark.pid, signal);
  } catch {
    return false;
  }
}

export function parseMark(text: string): ProcessMark | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<ProcessMark>;
    return Number.isInteger(pid) && typeof startedAt === "string" ? { pid: Number(pid), startedAt } : undefined;
  } catch {
    return undefined;
  }
}

function startTime(pid: number): string | undefined {
  return process.platform === "linux" ? linuxStartTime(pid) : psStartTime(pid);
}

/** Field 22 of /proc/PID/stat; zombies count as gone. */
function linuxStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function psStartTime(pid: number): string | undefined {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}
