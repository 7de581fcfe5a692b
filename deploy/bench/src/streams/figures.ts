// The figures of a run of streams, as they stand in the JSON file.

import type { Spread } from "../percentiles.js";

/** Loads that are measured by how much comes through. */
export const RATES = ["exec-output", "exec-input", "forward-echo", "logs", "live-logs"] as const;
export type RateName = (typeof RATES)[number];

export interface StartFigures {
  /** From the connection on, ms. */
  readonly firstOutputMs: Spread;
  readonly verdictMs: Spread;
}

export interface RateFigures {
  /** Bytes or lines per second: the median of the rounds. */
  readonly perSecond: number;
  /** CPU of gateway or kubelet, seconds per GB (10^9 bytes) or per million lines, all rounds together. */
  readonly frontCpu: number;
  /** The same of provider or container runtime; absent where its processes are not known. */
  readonly backCpu?: number;
}

export interface IdleFigures {
  readonly sessions: number;
  /** Resident memory that came with each session, KiB: gateway or kubelet. */
  readonly frontKiB: number;
  readonly backKiB?: number;
}

export interface TargetFigures {
  readonly name: string;
  readonly startsOne: StartFigures;
  readonly startsFifty: StartFigures;
  /** Loads that the target cannot carry are absent. */
  readonly rates: Readonly<Partial<Record<RateName, RateFigures>>>;
  readonly idle: IdleFigures;
}

export interface StreamFigures {
  readonly rounds: number;
  readonly mebibytes: number;
  readonly oneCore: boolean;
  readonly targets: readonly TargetFigures[];
  /** Absent: no real kubelet took part. */
  readonly comparison?: Comparison;
  readonly machine: {
    readonly cpus: number;
    readonly cpuModel: string;
    readonly node: string;
    /** Load of the last minute before and after the run: other work on the machine makes figures worse. */
    readonly load: readonly [number, number];
  };
}

/** Ours divided by the kubelet's. */
export interface Comparison {
  readonly ours: string;
  readonly kubelet: string;
  readonly startsOneP50: number;
  readonly startsOneP99: number;
  readonly startsFiftyP50: number;
  readonly startsFiftyP99: number;
  readonly perSecond: Readonly<Partial<Record<RateName, number>>>;
  readonly frontCpu: Readonly<Partial<Record<RateName, number>>>;
  readonly idleFront: number;
}
