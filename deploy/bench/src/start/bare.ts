// A runtime without us: as many pods at once as we get, each a sandbox and one container in it, and none left after.

import type { Contender, PodTimes, Turn } from "./figures.js";

export interface Bare {
  readonly contender: Contender;
  /** Answers once its container runs. */
  start(name: string, noteSandbox: () => void): Promise<void>;
  /** Removes all pods of the runtime. */
  clear(): Promise<void>;
}

export async function bareTurn(bare: Bare, names: readonly string[]): Promise<Turn> {
  const begin = performance.now();
  const pods = await Promise.all(names.map(async (name) => startOne(bare, name)));
  const untilAllMs = performance.now() - begin;
  await bare.clear();
  return { pods, untilAllMs };
}

async function startOne(bare: Bare, name: string): Promise<PodTimes> {
  const begin = performance.now();
  let sandbox = 0;
  await bare.start(name, () => (sandbox = performance.now() - begin));
  const running = performance.now() - begin;
  return { sandbox, container: running, running };
}
