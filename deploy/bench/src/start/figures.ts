// From the times of single pods to the figures of a series: spreads, ratios, and where the time went. Pure.

import { cpus, loadavg } from "node:os";
import { perPod } from "../burst/requests.js";
import { percentile, type Spread, spreadOf } from "../percentiles.js";
import type { RuntimeName } from "./options.js";

/** Who starts pods: we, or the runtime's own API or client without us. */
export type Contender = "outboard" | "api" | "crictl";

/** Milliseconds from when the pod was asked for. */
export interface PodTimes {
  /** The provider has taken the order. Ours only. */
  readonly ordered?: number;
  /** Network and all: containers may start. */
  readonly sandbox: number;
  /** The runtime says that the container runs. */
  readonly container: number;
  /** Whoever asked knows it. */
  readonly running: number;
}

/** One turn: all pods at once. */
export interface Turn {
  readonly pods: readonly PodTimes[];
  /** From the first request until the last pod runs. */
  readonly untilAllMs: number;
  /** Of the gateway to the API server, until the pods were gone again, by kind. Ours only. */
  readonly requests?: Readonly<Record<string, number>>;
}

export interface Series {
  readonly contender: Contender;
  readonly podMs: Spread;
  /** Median of the turns. */
  readonly untilAllMs: number;
  /** Medians, milliseconds. */
  readonly parts: Parts;
  /** Per pod, create and delete together. Ours only. */
  readonly requests?: { readonly pods: number; readonly events: number };
}

/** Where the time of a pod goes, one after the other. */
export interface Parts {
  /** Until the provider has the order. */
  readonly order: number;
  readonly sandbox: number;
  readonly container: number;
  /** Until it shows. */
  readonly show: number;
}

export interface Ratios {
  /** What we are divided by. */
  readonly by: Contender;
  readonly p50: number;
  readonly p99: number;
  readonly untilAll: number;
}

export interface StartResult {
  readonly runtime: RuntimeName;
  readonly version: string;
  readonly pods: number;
  readonly rounds: number;
  readonly series: readonly Series[];
  readonly ratios: readonly Ratios[];
}

export interface StartFigures {
  readonly results: readonly StartResult[];
  readonly machine: {
    readonly cpus: number;
    readonly cpuModel: string;
    readonly node: string;
    readonly kubernetes: string;
    /** Load of the last minute before and after: other work on the machine makes figures worse. */
    readonly load: readonly [number, number];
  };
}

export function seriesOf(contender: Contender, turns: readonly Turn[]): Series {
  const pods = turns.flatMap((turn) => turn.pods);
  const median = (part: (pod: PodTimes) => number): number => percentile(pods.map(part), 50);
  return {
    contender,
    podMs: spreadOf(pods.map(({ running }) => running)),
    untilAllMs: percentile(
      turns.map(({ untilAllMs }) => untilAllMs),
      50,
    ),
    parts: {
      order: median(({ ordered = 0 }) => ordered),
      sandbox: median(({ ordered = 0, sandbox }) => sandbox - ordered),
      container: median(({ sandbox, container }) => container - sandbox),
      show: median(({ container, running }) => running - container),
    },
    ...requestsOf(turns),
  };
}

function requestsOf(turns: readonly Turn[]): Pick<Series, "requests"> {
  const counted = turns.flatMap(({ requests }) => (requests === undefined ? [] : [{ requests }]));
  if (counted.length === 0) return {};
  const pods = turns.reduce((sum, turn) => sum + turn.pods.length, 0);
  return { requests: { pods: perPod(counted, pods), events: perPod(counted, pods, "events") } };
}

/** Ours by each other. */
export function ratiosOf(series: readonly Series[]): Ratios[] {
  const ours = series.find(({ contender }) => contender === "outboard");
  if (ours === undefined) return [];
  return series
    .filter(({ contender }) => contender !== "outboard")
    .map((other) => ({
      by: other.contender,
      p50: ours.podMs.p50 / other.podMs.p50,
      p99: ours.podMs.p99 / other.podMs.p99,
      untilAll: ours.untilAllMs / other.untilAllMs,
    }));
}

export function machineFigures(kubernetes: string, loadBefore: number): StartFigures["machine"] {
  return {
    cpus: cpus().length,
    cpuModel: cpus()[0]?.model ?? "unknown",
    node: process.version,
    kubernetes,
    load: [loadBefore, loadavg()[0] ?? 0],
  };
}
