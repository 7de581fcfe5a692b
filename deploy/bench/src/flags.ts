// Reading a benchmark's flags: what is wrong is one clear line.

import { type ParseArgsConfig, type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { UsageError } from "./options.js";

type Config<Flags extends ParseArgsOptionsConfig> = {
  readonly args: string[];
  readonly options: Flags;
  readonly strict: true;
  readonly allowPositionals: false;
};

/** The flags that were given. @throws UsageError */
export function parseFlags<const Flags extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Flags,
): ReturnType<typeof parseArgs<Config<Flags>>>["values"] {
  try {
    const config: Config<Flags> & ParseArgsConfig = {
      args: [...words],
      options,
      strict: true,
      allowPositionals: false,
    };
    const { values } = parseArgs(config);
    const empty = Object.entries(values).find(([, value]) => value === "");
    if (empty !== undefined) throw new Error(`--${empty[0]} must not be empty`);
    return values;
  } catch (error) {
    const [line = "the flags cannot be read"] = (error instanceof Error ? error.message : String(error)).split(/[.\n]/);
    throw new UsageError(line);
  }
}

export type Range = readonly [least: number, most: number];

/** @throws UsageError, which names the flag */
export function wholeNumber(name: string, text: string, [least, most]: Range): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}
