/** Figures for the routes: read from the provider, completed, and shared for a second. */
import type { Clock } from "../../ports/clock.js";
import type { PodView } from "../../ports/kubelet.js";
import type { ProviderStats, UsageQuery } from "../../ports/stats.js";
import { type Figures, FiguresMaker } from "./figures.js";
import { SharedRead } from "./shared-read.js";

/** Gives figures. */
export interface FiguresReader {
  /** Figures of the last second. Those of another query may hold more than was asked for. Rejects with a ProviderError. */
  read(query: UsageQuery, signal: AbortSignal): Promise<Figures>;
}

/** Where figures come from. */
export interface FiguresSources {
  readonly stats: ProviderStats;
  readonly pods: PodView;
  readonly clock: Clock;
}

const FRESH_MS = 1_000;

/** Makes the reader; rates are computed over all its reads. */
export function createFiguresReader({ stats, pods, clock }: FiguresSources): FiguresReader {
  const maker = new FiguresMaker();
  const shared = (onlyCpuAndMemory: boolean): SharedRead<Figures> =>
    new SharedRead(
      async (signal) => maker.make(await stats.readStats({ onlyCpuAndMemory }, signal), pods.list(), clock.now()),
      clock,
      FRESH_MS,
    );
  const whole = shared(false);
  const small = shared(true);
  return {
    read: ({ onlyCpuAndMemory }, signal) =>
      onlyCpuAndMemory ? (whole.join(signal) ?? small.get(signal)) : whole.get(signal),
  };
}
