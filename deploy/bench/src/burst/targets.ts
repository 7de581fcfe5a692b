// What was aimed at, and whether it was met: ratios of one run, ours by the peer's. Pure.

import { percentile } from "../percentiles.js";
import type { TurnFigures } from "./figures.js";
import type { ContenderName } from "./options.js";
import { perPod } from "./requests.js";

export interface Verdict {
  readonly what: string;
  /** The ratio, or the figure itself where the aim is one. */
  readonly value: number;
  readonly unit: string;
  readonly aim: string;
  readonly isMet: boolean;
  /** Ours and theirs, for a person: "412 / 380". */
  readonly of: string;
}

/** The median over the rounds of one contender. */
export type Medians = (name: ContenderName, figure: (turn: TurnFigures) => number | undefined) => number | undefined;

export function mediansOf(turns: readonly TurnFigures[]): Medians {
  return (name, figure) => {
    const values = turns.filter(({ contender }) => contender === name).flatMap((turn) => figure(turn) ?? []);
    return values.length === 0 ? undefined : percentile(values, 50);
  };
}

interface RatioAim {
  readonly what: string;
  readonly peer: ContenderName;
  readonly figure: (turn: TurnFigures) => number | undefined;
  readonly bound: "at least" | "at most";
  readonly aim: number;
  readonly digits: number;
}

const MEBI = 2 ** 20;
const MEMORY_BASE = 90e6;
const MEMORY_PER_POD = 12e3;
const REQUESTS_PER_POD = 3;
const SMALL_BURST = 100;
const SMALL_DELETE_SECONDS = 2;

const podsPerSecond = ({ create }: TurnFigures): number => create.podsPerSecond;
const createP99 = ({ create }: TurnFigures): number => create.podMs?.p99 ?? Number.NaN;

const RATIOS: readonly RatioAim[] = [
  { what: "pods/s", peer: "lifted", figure: podsPerSecond, bound: "at least", aim: 1, digits: 0 },
  {
    what: "pods/s by audit log",
    peer: "lifted",
    figure: ({ create }) => create.audit?.podsPerSecond,
    bound: "at least",
    aim: 1,
    digits: 0,
  },
  { what: "pods/s", peer: "floor", figure: podsPerSecond, bound: "at least", aim: 0.9, digits: 0 },
  { what: "pods/s", peer: "stock", figure: podsPerSecond, bound: "at least", aim: 30, digits: 1 },
  { what: "created to Running, p99 ms", peer: "lifted", figure: createP99, bound: "at most", aim: 1, digits: 0 },
  {
    what: "gateway CPU to create, ms per pod",
    peer: "lifted",
    figure: ({ create, pods }) => create.cpuMs.gateway / pods,
    bound: "at most",
    aim: 1,
    digits: 2,
  },
  {
    what: "delete until all gone, s",
    peer: "lifted",
    figure: ({ remove }) => remove.wallSeconds,
    bound: "at most",
    aim: 0.3,
    digits: 1,
  },
];

/** In the order of the issue; those whose peer took no part are left out. */
export function judge(turns: readonly TurnFigures[]): Verdict[] {
  const median = mediansOf(turns);
  return [...RATIOS.flatMap((aim) => judgeRatio(aim, median)), ...judgeOurs(turns, median)];
}

function judgeRatio({ what, peer, figure, bound, aim, digits }: RatioAim, median: Medians): Verdict[] {
  const [ours, theirs] = [median("outboard", figure), median(peer, figure)];
  if (ours === undefined || theirs === undefined) return [];
  const value = ours / theirs;
  return [
    {
      what: `${what}, to ${peer}`,
      value,
      unit: "×",
      aim: `${bound === "at least" ? "≥" : "≤"} ${aim}`,
      isMet: bound === "at least" ? value >= aim : value <= aim,
      of: `${ours.toFixed(digits)} / ${theirs.toFixed(digits)}`,
    },
  ];
}

function judgeOurs(turns: readonly TurnFigures[], median: Medians): Verdict[] {
  const pods = turns.find(({ contender }) => contender === "outboard")?.pods;
  if (pods === undefined) return [];
  const requests = median("outboard", ({ create, remove }) => perPod([create, remove], pods)) ?? Number.NaN;
  const peak = ((median("outboard", ({ memoryMiB }) => memoryMiB.gateway.peak) ?? Number.NaN) * MEBI) / 1e6;
  const room = (MEMORY_BASE + MEMORY_PER_POD * pods) / 1e6;
  const gone = median("outboard", ({ remove }) => remove.wallSeconds) ?? Number.NaN;
  const own = (what: string, value: number, most: number, unit: string): Verdict => ({
    what,
    value,
    unit,
    aim: `≤ ${Number(most.toFixed(1))}`,
    isMet: value <= most,
    of: "",
  });
  return [
    own("API requests per pod, create and delete, without events", requests, REQUESTS_PER_POD, ""),
    own("gateway's peak memory, MB (90 MB and 12 KB per pod)", peak, room, "MB"),
    ...(pods <= SMALL_BURST ? [own("delete until all gone, s", gone, SMALL_DELETE_SECONDS, "s")] : []),
  ];
}
