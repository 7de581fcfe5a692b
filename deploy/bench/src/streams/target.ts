// What is measured: a kubelet port with a pod behind it, and the processes that do the work.

import { readUsage } from "../process-usage.js";
import type { ClientSetup } from "./orders.js";

export interface Target extends ClientSetup {
  readonly name: string;
  /** Network namespace of its load client; absent: ours. */
  readonly netns?: string;
  /** The process behind the port: gateway or kubelet. */
  readonly front: number;
  /** What is behind that: provider or container runtime; empty: not known. */
  readonly back: () => readonly number[];
  readonly commands: Commands;
  /** The pod gives back what it gets there. */
  readonly echoPort: number;
  /** The most exec sessions at once. */
  readonly mostSessions: number;
  /** Throws when one of its programs has ended. */
  readonly check: () => void;
}

/** What the pod runs for the loads. */
export interface Commands {
  /** Says a word and ends. */
  readonly start: readonly string[];
  /** Gives back each line until its input ends. */
  readonly echo: readonly string[];
  readonly output: (bytes: number) => readonly string[];
  /** Reads all; absent: the pod has nothing like it. */
  readonly input?: readonly string[];
  /** Makes the container write so many lines to its log; absent: it cannot. */
  readonly writeLines?: (count: number) => readonly string[];
}

export interface Usage {
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

export interface TargetUsage {
  readonly front: Usage;
  readonly back: Usage | undefined;
}

export function usageOf({ front, back }: Target): TargetUsage {
  const pids = back();
  return { front: readUsage(front), back: pids.length === 0 ? undefined : sum(pids.map(readUsage)) };
}

function sum(usages: readonly Usage[]): Usage {
  const add = (key: keyof Usage): number => usages.reduce((total, usage) => total + usage[key], 0);
  return { cpuSeconds: add("cpuSeconds"), rssMiB: add("rssMiB") };
}
