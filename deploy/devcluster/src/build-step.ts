// One program being built: progress lines while it takes its minutes, and it appears in the cache whole or not at all.

import { rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";

export interface BuildStep {
  /** For example "etcd v3.6.16 (1 of 5)". */
  readonly title: string;
  /** Folder on the same filesystem as `file`. */
  readonly scratch: string;
  /** Where the program is wanted. */
  readonly file: string;
  readonly report: (line: string) => void;
}

const PROGRESS_EVERY_MS = 10_000;

export async function buildStep(step: BuildStep, build: (output: string) => Promise<void>): Promise<void> {
  const { title, report, file } = step;
  const started = performance.now();
  const seconds = (): number => Math.round((performance.now() - started) / 1000);
  const built = join(step.scratch, basename(file));
  report(`building ${title}; the first build takes minutes, later starts take seconds`);
  const ticker = setInterval(() => report(`building ${title}: ${seconds()} s so far`), PROGRESS_EVERY_MS);
  try {
    await build(built);
  } finally {
    clearInterval(ticker);
  }
  const megabytes = Math.round((await stat(built)).size / 1_000_000);
  await rename(built, file);
  report(`built ${title} in ${seconds()} s, ${megabytes} MB`);
}
