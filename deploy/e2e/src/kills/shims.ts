// The processes that containerd has beside each container, of any containerd of the enclosure.

import { readdirSync, readFileSync } from "node:fs";

/** Ids of their containers. */
export function shims(): readonly string[] {
  return [...shimPids().keys()];
}

/** Those under which something runs. */
export function busyShims(): readonly string[] {
  const parents = new Set(pids().map(parentOf));
  return [...shimPids()].flatMap(([id, pid]) => (parents.has(pid) ? [id] : []));
}

function shimPids(): ReadonlyMap<string, string> {
  const found = pids().flatMap((pid) => {
    const words = read(`/proc/${pid}/cmdline`).split("\0");
    const isShim = words[0]?.includes("containerd-shim") === true;
    return isShim ? [[words[words.indexOf("-id") + 1] ?? "", pid] as const] : [];
  });
  return new Map(found);
}

function pids(): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

function parentOf(pid: string): string {
  return /^PPid:\s*(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? "";
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
