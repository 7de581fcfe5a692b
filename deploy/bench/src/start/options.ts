// The flags of `npm run bench -- start`, read once; anything wrong is one clear line.

import { parseArgs } from "node:util";
import { UsageError } from "../options.js";

export type RuntimeName = "cri" | "docker";

export interface StartOptions {
  /** Pods that are started at once, one series after the other. */
  readonly pods: readonly number[];
  readonly runtimes: readonly RuntimeName[];
  /** Of each series; each has a turn of every contender. */
  readonly rounds: number;
  /** File for the figures; absent: none. */
  readonly json?: string;
  /** Folder for CPU profiles of gateways and providers; absent: none are taken. */
  readonly cpuProf?: string;
}

export const START_USAGE = `usage: npm run bench -- start [flags]   created to Running on real runtimes, beside the same runtime alone

  --pods N,N          pods at once (default 1,20,100)
  --runtime NAME,NAME providers cri (on containerd) and docker (on dockerd) (default cri,docker)
  --rounds N          turns of each contender; ten pods are the least (default 3)
  --json FILE         write all figures to FILE
  --cpu-prof DIR      write CPU profiles of gateways and providers to DIR`;

/** What a node offers, and what the runtimes' networks have addresses for. */
export const MOST_PODS = 200;
const MOST_ROUNDS = 100;
const FEWEST_PODS = 10;
const RUNTIMES: readonly string[] = ["cri", "docker"];

/** Reads the words after `start`. @throws UsageError */
export function readStartOptions(words: readonly string[]): StartOptions {
  const { pods = "1,20,100", runtime = "cri,docker", rounds = "3", json, "cpu-prof": cpuProf } = parse(words);
  return {
    pods: readList("--pods", pods).map((text) => readNumber("--pods", text, MOST_PODS)),
    runtimes: readList("--runtime", runtime).map(readRuntime),
    rounds: readNumber("--rounds", rounds, MOST_ROUNDS),
    ...(json === undefined ? {} : { json: present("--json", json) }),
    ...(cpuProf === undefined ? {} : { cpuProf: present("--cpu-prof", cpuProf) }),
  };
}

/** One pod at a time says little: such series have more rounds. */
export function roundsOf({ rounds }: Pick<StartOptions, "rounds">, pods: number): number {
  return Math.max(rounds, Math.ceil(FEWEST_PODS / pods));
}

const FLAGS = {
  pods: { type: "string" },
  runtime: { type: "string" },
  rounds: { type: "string" },
  json: { type: "string" },
  "cpu-prof": { type: "string" },
} as const;

function parse(words: readonly string[]): { readonly [Name in keyof typeof FLAGS]?: string } {
  try {
    return parseArgs({ args: [...words], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [line = "the flags cannot be read"] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UsageError(line);
  }
}

function readList(flag: string, text: string): readonly string[] {
  const list = text.split(",");
  const twice = list.find((item, index) => list.indexOf(item) !== index);
  if (twice !== undefined) throw new UsageError(`${flag} names "${twice}" twice`);
  return list;
}

function readRuntime(text: string): RuntimeName {
  if (!RUNTIMES.includes(text)) throw new UsageError(`--runtime must be of ${RUNTIMES.join(", ")}, not "${text}"`);
  return text as RuntimeName;
}

function readNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UsageError(`${flag} must be of whole numbers from 1 to ${most}, not "${text}"`);
}

function present(flag: string, text: string): string {
  if (text === "") throw new UsageError(`${flag} must not be empty`);
  return text;
}
