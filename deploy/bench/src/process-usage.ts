// CPU time and resident memory of a process, as the kernel counts them in /proc. Linux only.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface ProcessUsage {
  /** User and system time of all its threads since its start, in seconds; exact to one tick, mostly 10 ms. */
  readonly cpuSeconds: number;
  /** Resident now, in MiB. */
  readonly rssMiB: number;
  /** The most that ever was resident, in MiB. */
  readonly peakRssMiB: number;
}

const FALLBACK_TICKS = 100;
let ticks: number | undefined;

/** @throws Error when the process is not there */
export function readUsage(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    cpuSeconds: parseCpuTicks(readFileSync(`/proc/${pid}/stat`, "utf8")) / ticksPerSecond(),
    rssMiB: parseKiB(status, "VmRSS") / 1024,
    peakRssMiB: parseKiB(status, "VmHWM") / 1024,
  };
}

/** utime + stime of /proc/PID/stat. The name in parentheses may hold spaces and parentheses itself. */
export function parseCpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isInteger(user) || !Number.isInteger(system)) throw new Error("/proc/PID/stat: no CPU times in it");
  return user + system;
}

/** A field of /proc/PID/status in KiB. */
export function parseKiB(status: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status);
  if (found === null) throw new Error(`/proc/PID/status: no ${field} in it`);
  return Number(found[1]);
}

function ticksPerSecond(): number {
  ticks ??= askTicks();
  return ticks;
}

function askTicks(): number {
  try {
    return Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) || FALLBACK_TICKS;
  } catch {
    return FALLBACK_TICKS;
  }
}
