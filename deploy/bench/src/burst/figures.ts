// The figures of a burst run, as they stand in the JSON file.

import type { MemoryFigures, PhaseFigures } from "../figures.js";
import type { Spread } from "../percentiles.js";
import type { BurstMode, ContenderName } from "./options.js";

/** One point of a curve: so many pods were there after so many seconds. */
export type CurvePoint = readonly [seconds: number, pods: number];

/** The same by the API server's audit log, which no client's clock has a part in. */
export interface AuditClock {
  readonly podsPerSecond: number;
  /** From the answer to the create until that to the status write that the watch then showed as Running. */
  readonly podMs: Spread;
}

export interface BurstPhase extends PhaseFigures {
  readonly podsPerSecond: number;
  readonly curve: readonly CurvePoint[];
  readonly audit?: AuditClock;
}

/** How late the gateway's event loop was while pods were created, beyond its timer's own 10 ms. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** One long answer of the kubelet port with all pods running. */
export interface PortFigures {
  readonly path: string;
  readonly bytes: number;
  readonly ms: number;
  /** Of the gateway; exact to 10 ms. */
  readonly cpuMs: number;
  /** While it was made. */
  readonly loopDelay: LoopDelay;
}

/** A burst of one contender: created until all Running, deleted until all gone. */
export interface TurnFigures {
  readonly contender: ContenderName;
  readonly round: number;
  readonly pods: number;
  readonly create: BurstPhase;
  readonly remove: BurstPhase;
  /** Of the gateway, peer or floor; and of the provider, where it is a program of its own. */
  readonly memoryMiB: { readonly gateway: MemoryFigures; readonly provider?: MemoryFigures };
  readonly loopDelay?: LoopDelay;
  /** With mode "scale". */
  readonly port?: readonly PortFigures[];
  /** How often the API server ended the bench's own watch. */
  readonly watchReopened: number;
}

/** A gateway was killed and another one took over, with all pods running. */
export interface RestartFigures {
  readonly pods: number;
  /** From the start of the new program: until it said that it is ready. */
  readonly readySeconds: number;
  /** Until a pod that was created at that moment was Running. */
  readonly newPodSeconds: number;
  /** Until its last request about the pods before, of those that followed each other without a pause; 0: none. */
  readonly lastRequestSeconds: number;
  /** All three, whichever was last. */
  readonly settledSeconds: number;
  readonly cpuMs: number;
  /** Pods whose containers are not those of before: another id, start time or restart count. */
  readonly recreated: number;
  /** Pods that were written at all. */
  readonly rewritten: number;
  readonly requests: Readonly<Record<string, number>>;
}

/** Many nodes at once, a gateway and a provider each. */
export interface NodesFigures {
  readonly nodes: number;
  readonly podsPerNode: number;
  readonly create: BurstPhase;
  readonly remove: BurstPhase;
  /** The median node and the largest, MiB. */
  readonly gatewayPeakMiB: { readonly median: number; readonly max: number };
  readonly providerPeakMiB: { readonly median: number; readonly max: number };
  /** Of the gateway whose event loop was the latest. */
  readonly worstLoopDelay?: LoopDelay;
}

export interface BurstMachine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly node: string;
  readonly kubernetes: string;
  readonly peer: string;
  /** Load of the last minute before and after the run: other work on the machine makes figures worse. */
  readonly load: readonly [number, number];
}

export interface BurstFigures {
  readonly mode: BurstMode;
  readonly scheduler: boolean;
  readonly token: boolean;
  readonly turns: readonly TurnFigures[];
  readonly restart?: RestartFigures;
  readonly nodes?: NodesFigures;
  readonly machine: BurstMachine;
}
