// The command line of the faults matrix.

import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type CommandLine, wholeNumber } from "../support/command-line.js";
import { PHASES, type Phase } from "./cell.js";

export interface FaultsOptions {
  readonly jobs: number;
  /** Rows whose names contain one of these; empty: all. */
  readonly names: readonly string[];
  readonly phases: readonly Phase[];
  /** "diagonal": every fault once, in turn with the phases. */
  readonly cells: "all" | "diagonal";
  readonly length: "full" | "short";
  /** Milliseconds; absent: the matrix. */
  readonly soakMs?: number;
  readonly seed: number;
}

const USAGE = `Usage: npm run e2e -- faults [flags] [FAULT...]

Makes pods, lets them run, changes and deletes them, while things break, and judges what happened. FAULT: part of a row's name.

  -j, --jobs N       cells at once (default: four per core)
  --phase PHASE      only this column: create, run, update or delete; may be repeated
  --short            faults last seconds instead of a minute
  --diagonal         every fault in one phase only, every phase with some fault
  --soak [TIME]      instead of the matrix a random mix for so long: 90s, 30m, 1h (default 30m), in rounds of some
                     minutes, each with the next seed and over another setting: memory or process provider, socket or TCP
  --seed N           of the soak's schedule and of chances in the matrix (default: by the clock; it is printed)
`;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };
const SOAK = "30m";

/** @throws with a sentence about what is wrong */
export function readFaultsOptions(argv: readonly string[], now: number = Date.now()): FaultsOptions {
  const { values, positionals } = parseArgs({
    args: withSoakTime(argv),
    allowPositionals: true,
    options: {
      jobs: { type: "string", short: "j", default: String(4 * availableParallelism()) },
      phase: { type: "string", multiple: true, default: [] },
      short: { type: "boolean", default: false },
      diagonal: { type: "boolean", default: false },
      soak: { type: "string" },
      seed: { type: "string", default: String(Math.floor(now / 1000) % 1_000_000) },
    },
  });
  const { soak } = values;
  return {
    jobs: wholeNumber("--jobs", values.jobs),
    names: positionals,
    phases: values.phase.length === 0 ? PHASES : values.phase.map(phaseOf),
    cells: values.diagonal ? "diagonal" : "all",
    length: values.short ? "short" : "full",
    ...(soak === undefined ? {} : { soakMs: durationOf(soak) }),
    seed: wholeNumber("--seed", values.seed, 0),
  };
}

export const FAULTS_LINE: CommandLine = { usage: USAGE, read: (words) => readFaultsOptions(words) };

/** --soak may stand without a time. */
function withSoakTime(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const next = argv[index + 1] ?? "";
    return word === "--soak" && !/^\d/.test(next) ? [word, SOAK] : [word];
  });
}

function durationOf(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([smh])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms === 0) throw new Error(`--soak must be a time like 90s, 30m or 1h, not ${text}`);
  return ms;
}

function phaseOf(text: string): Phase {
  const phase = PHASES.find((one) => one === text);
  if (phase === undefined) throw new Error(`--phase must be one of ${PHASES.join(", ")}, not ${text}`);
  return phase;
}
