// The figures of a run, as they stand in the JSON file.

import type { Spread } from "./percentiles.js";

export type ProgramName = "gateway" | "provider";

export interface PhaseFigures {
  readonly name: "create" | "idle" | "delete";
  /** From the first request until the last pod was where it should be; without the quiet time after it. */
  readonly wallSeconds: number;
  /** Each pod's own time as a watch shows it: created to Running, told to end to gone. */
  readonly podMs?: Spread;
  /** CPU time of the whole phase, including the quiet time after it. */
  readonly cpuMs: Readonly<Record<ProgramName, number>>;
  /** Requests of the gateway to the API server, by verb and resource. */
  readonly requests: Readonly<Record<string, number>>;
  /** Of these, how many were answered with 4xx or 5xx, by verb, resource and code. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface MemoryFigures {
  /** Resident when the node was Ready, MiB. */
  readonly atStart: number;
  /** Resident with all pods, after the idle time. */
  readonly withPods: number;
  /** Resident when all pods were gone. */
  readonly atEnd: number;
  readonly peak: number;
}

export interface Figures {
  readonly pods: number;
  readonly phases: readonly PhaseFigures[];
  readonly memoryMiB: Readonly<Record<ProgramName, MemoryFigures>>;
  readonly machine: {
    readonly cpus: number;
    readonly cpuModel: string;
    readonly node: string;
    readonly kubernetes: string;
    /** Load of the last minute before and after the run: other work on the machine makes figures worse. */
    readonly load: readonly [number, number];
  };
}
