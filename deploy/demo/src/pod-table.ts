// A table that grows: one line for each change that kubectl's columns would show.

import { type Pod, readyWord, restarts, statusWord } from "./pod.js";

export interface PodTable {
  show(pod: Pod, seconds: number): void;
  gone(name: string, seconds: number): void;
}

export function createPodTable(print: (line: string) => void): PodTable {
  const shown = new Map<string, string>();
  const show = (name: string, columns: string, seconds: number): void => {
    if (shown.get(name) === columns) return;
    if (shown.size === 0) print(row("TIME", "NAME", "READY   STATUS                  RESTARTS"));
    shown.set(name, columns);
    print(row(`${seconds.toFixed(1)}s`, name, columns));
  };
  return {
    show: (pod, seconds) => {
      const columns = `${readyWord(pod).padEnd(8)}${statusWord(pod).padEnd(24)}${restarts(pod)}`;
      show(pod.metadata.name, columns, seconds);
    },
    gone: (name, seconds) => show(name, `${"-".padEnd(8)}Gone`, seconds),
  };
}

function row(time: string, name: string, columns: string): string {
  return `${time.padEnd(8)}${name.padEnd(26)}${columns}`;
}
