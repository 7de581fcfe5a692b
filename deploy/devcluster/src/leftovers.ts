// Finds and ends processes that outlive a test or a demo: those whose command line or environment names its folder,
// and their descendants. Linux only; elsewhere it finds none.

import { readdirSync, readFileSync } from "node:fs";
import { markOf, type ProcessMark, signalMarked } from "./process-mark.js";

export interface Leftover extends ProcessMark {
  readonly command: string;
}

export function findLeftovers(folder: string): Leftover[] {
  const named = allPids().filter((pid) => pid !== process.pid && mentions(pid, folder));
  return withDescendants(named).flatMap((pid) => {
    const mark = markOf(pid);
    return mark === undefined ? [] : [{ ...mark, command: commandOf(pid) }];
  });
}

/** Kills them and answers what was killed. */
export function endLeftovers(folder: string): Leftover[] {
  return findLeftovers(folder).filter((leftover) => signalMarked(leftover, "SIGKILL"));
}

function allPids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function mentions(pid: number, folder: string): boolean {
  return commandOf(pid).includes(folder) || readProc(pid, "environ").includes(folder);
}

function commandOf(pid: number): string {
  return readProc(pid, "cmdline").replaceAll("\0", " ").trim();
}

function withDescendants(roots: readonly number[]): number[] {
  const children = Map.groupBy(allPids(), parentOf);
  const found = new Set<number>();
  const visit = (pid: number): void => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  for (const root of roots) visit(root);
  return [...found];
}

function parentOf(pid: number): number {
  const stat = readProc(pid, "stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
