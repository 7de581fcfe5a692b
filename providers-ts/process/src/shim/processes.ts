/** What /proc tells about processes, and how all of an instance's are ended. Reads are best effort: processes come and go. */
import { existsSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";

export interface ProcessFacts {
  readonly pid: number;
  /** It has ended and nobody has collected it yet. */
  readonly dead: boolean;
  readonly parent: number;
  readonly session: number;
  /** Path of the controlling terminal, in the devpts that script(1) uses. */
  readonly terminal: string | undefined;
  /** Its own and those of children that it has collected, so that the sum over a tree does not fall when one ends. */
  readonly cpuTicks: number;
  readonly startTicks: number;
  readonly rssPages: number;
}

/** One process, or undefined when it is gone. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, "latin1");
    // The name in parentheses may hold blanks: fields are counted from the last parenthesis, state being the first.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const at = (index: number): number => fields[index] ?? 0;
    return {
      pid,
      dead: /^[ZX] /.test(text.slice(text.lastIndexOf(")") + 2)),
      parent: at(1),
      session: at(3),
      terminal: terminalPath(at(4)),
      cpuTicks: at(11) + at(12) + at(13) + at(14),
      startTicks: at(19),
      rssPages: at(21),
    };
  } catch {
    return undefined;
  }
}

/** Majors 136 to 143 are pseudo terminals. */
function terminalPath(device: number): string | undefined {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  return major >= 136 && major <= 143 ? `/dev/pts/${String((major - 136) * 256 + minor)}` : undefined;
}

/** The process and all its descendants, and whoever is in its session. */
export function processTree(root: number): readonly ProcessFacts[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processFacts(Number(name)) ?? []);
  const found = new Set([root]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent, session } of all) {
      if (found.has(parent) || session === root) found.add(pid);
    }
  }
  return all.filter(({ pid }) => found.has(pid));
}

/** The only child of a process that forks once. */
export function onlyChild(pid: number): number | undefined {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((candidate) => processFacts(candidate)?.parent === pid);
}

/** Sends a signal; a process that is gone is none of our business. */
export function sendSignal(pid: number, signal: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

/** Number of a signal name such as "TERM", "SIGTERM", "SIGRTMIN+3" or "15". */
export function signalNumber(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const short = name.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RT(MIN|MAX)([+-]\d+)?$/.exec(short);
  if (realTime !== null) return (realTime[1] === "MIN" ? 34 : 64) + Number(realTime[2] ?? 0);
  return (constants.signals as Readonly<Record<string, number>>)[`SIG${short}`];
}

/** Kills whatever a control group holds, at once where the kernel can. */
export function killGroup(folder: string): void {
  try {
    if (existsSync(`${folder}/cgroup.kill`)) {
      writeFileSync(`${folder}/cgroup.kill`, "1");
      return;
    }
    for (const pid of groupMembers(folder)) sendSignal(pid, constants.signals.SIGKILL);
  } catch {
    // Removed meanwhile.
  }
}

/** Processes in a control group; 0 stands for one of another process namespace. */
export function groupMembers(folder: string): readonly number[] {
  try {
    return readFileSync(`${folder}/cgroup.procs`, "latin1").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Removes an empty control group; false while it is busy. */
export function removeGroup(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
