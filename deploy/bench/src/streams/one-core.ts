// Keeps the programs of each target on one core, the same for all, so that speeds are those of one core. Linux's taskset.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Target } from "./target.js";

/** What they start later stays there too. Disposal gives them back the cores that they had. */
export function keepOnOneCore(targets: readonly Target[]): Disposable {
  const pids = targets.flatMap(({ front, back }) => [front, ...back()]);
  const before = pids.map((pid) => ({ pid, cores: parseCores(readFileSync(`/proc/${pid}/status`, "utf8")) }));
  const restore = (): void => {
    for (const { pid, cores } of before) allow(pid, cores);
  };
  try {
    for (const { pid, cores } of before) allow(pid, firstCore(cores));
    return { [Symbol.dispose]: restore };
  } catch (error) {
    restore();
    throw error;
  }
}

/** The list of allowed cores in /proc/PID/status, for example "0-3,6". */
export function parseCores(status: string): string {
  const [, cores] = /^Cpus_allowed_list:\s+(\S+)$/m.exec(status) ?? [];
  if (cores === undefined) throw new Error("/proc/PID/status: no Cpus_allowed_list in it");
  return cores;
}

export function firstCore(cores: string): string {
  return /^\d+/.exec(cores)?.[0] ?? cores;
}

/** All threads of the process. */
function allow(pid: number, cores: string): void {
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", cores, String(pid)], { stdio: "ignore" });
}
