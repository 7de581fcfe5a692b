// The flags of `npm run bench -- create`, read once; anything wrong is one clear line.

import { parseArgs } from "node:util";

export interface BenchOptions {
  /** Pods of the measured run. */
  readonly pods: number;
  /** Pods created and deleted before it, not measured. */
  readonly warmUpPods: number;
  /** How long the node is watched with all pods running and nothing to do. */
  readonly idleSeconds: number;
  /** File for the figures; absent: none. */
  readonly json?: string;
  /** Folder for CPU profiles of gateway and provider; absent: none are taken. */
  readonly cpuProf?: string;
}

export const USAGE = `usage: npm run bench -- create [flags]   a burst of pods on the memory provider and a real control plane

  --pods N            pods of the measured run (default 300)
  --warm-up-pods N    pods created and deleted before it, not measured (default 20)
  --idle-seconds N    time to look at the idle node with all pods (default 10)
  --json FILE         write all figures to FILE
  --cpu-prof DIR      write CPU profiles of gateway and provider to DIR and print where the time went`;

/** A wrong command line: what the person who typed it must change. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const MOST_PODS = 10_000;

/** Reads the words after `create`. @throws UsageError */
export function readOptions(words: readonly string[]): BenchOptions {
  const values = parse(words);
  const number = (name: keyof typeof FLAGS, fallback: number, range: readonly [number, number]): number =>
    toNumber(`--${name}`, values[name], fallback, range);
  const { json, "cpu-prof": cpuProf } = values;
  return {
    pods: number("pods", 300, [1, MOST_PODS]),
    warmUpPods: number("warm-up-pods", 20, [0, MOST_PODS]),
    idleSeconds: number("idle-seconds", 10, [0, 3_600]),
    ...(json === undefined ? {} : { json: present("--json", json) }),
    ...(cpuProf === undefined ? {} : { cpuProf: present("--cpu-prof", cpuProf) }),
  };
}

const FLAGS = {
  pods: { type: "string" },
  "warm-up-pods": { type: "string" },
  "idle-seconds": { type: "string" },
  json: { type: "string" },
  "cpu-prof": { type: "string" },
} as const;

type Values = { readonly [Name in keyof typeof FLAGS]?: string };

function parse(words: readonly string[]): Values {
  try {
    return parseArgs({ args: [...words], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [line = "the flags cannot be read"] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UsageError(line);
  }
}

function toNumber(
  flag: string,
  text: string | undefined,
  fallback: number,
  [least, most]: readonly [number, number],
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${flag} must be a whole number from ${least} to ${most}, not "${text}"`);
}

function present(flag: string, text: string): string {
  if (text === "") throw new UsageError(`${flag} must not be empty`);
  return text;
}
