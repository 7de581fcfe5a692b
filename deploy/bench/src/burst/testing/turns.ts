// Figures of a turn for tests.

import type { BurstFigures, TurnFigures } from "../figures.js";
import type { ContenderName } from "../options.js";

export interface TurnValues {
  readonly pods?: number;
  readonly round?: number;
  readonly perSecond?: number;
  readonly p99?: number;
  readonly cpuMs?: number;
  readonly deleteSeconds?: number;
  readonly peakMiB?: number;
  readonly statusWrites?: number;
}

export function turnOf(contender: ContenderName, values: TurnValues = {}): TurnFigures {
  const { pods = 100, round = 1, perSecond = 100, p99 = 500, cpuMs = 200, deleteSeconds = 30, peakMiB = 80 } = values;
  const spread = { count: pods, p50: p99 / 2, p99, max: p99 };
  const phase = { podMs: spread, cpuMs: { gateway: cpuMs, provider: 10 }, refused: {}, podsPerSecond: perSecond };
  const seconds = pods / perSecond;
  const memory = { atStart: 50, withPods: peakMiB, atEnd: peakMiB, peak: peakMiB };
  return {
    contender,
    round,
    pods,
    create: {
      ...phase,
      name: "create",
      wallSeconds: seconds,
      requests: { "patch pods/status": values.statusWrites ?? pods, "create events": 4 * pods },
      curve: [[seconds, pods]],
      audit: { podsPerSecond: perSecond, podMs: spread },
    },
    remove: {
      ...phase,
      name: "delete",
      wallSeconds: deleteSeconds,
      requests: { "patch pods/status": pods, "delete pods": pods },
      curve: [[deleteSeconds, pods]],
    },
    memoryMiB: { gateway: memory, ...(contender === "outboard" ? { provider: memory } : {}) },
    ...(contender === "outboard" ? { loopDelay: { p50Ms: 1, p99Ms: 20, maxMs: 30 } } : {}),
    watchReopened: 0,
  };
}

export function figuresOf(turns: readonly TurnFigures[], more: Partial<BurstFigures> = {}): BurstFigures {
  return {
    mode: "peers",
    scheduler: false,
    token: false,
    turns,
    machine: {
      cpus: 2,
      cpuModel: "a <fast> one",
      node: "v24",
      kubernetes: "v1.37.2",
      peer: "v1.14.1",
      load: [0.1, 2],
    },
    ...more,
  };
}
