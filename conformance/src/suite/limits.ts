/** Named limits of waits. `await` limits may be scaled; quiet windows may not. */
import type { Limits as ProviderLimits } from "@outboard/contract";

/** Name of a wait. */
export type LimitName = "start" | "end" | "observe" | "call" | "first-frame" | "stream" | "ready";

/** Limits of one run, milliseconds. */
export interface WaitLimits {
  readonly of: (name: LimitName) => number;
  /** How long nothing may arrive where nothing may. */
  readonly quietMs: number;
}

const BASE: Readonly<Record<LimitName, number>> = {
  start: 60_000,
  end: 30_000,
  observe: 2_000,
  call: 30_000,
  "first-frame": 10_000,
  stream: 20_000,
  ready: 30_000,
};

/** The limits for a provider that declared these, scaled. What a change takes to be observed follows status_latency. */
export function waitLimits(declared: ProviderLimits | undefined, scale: number): WaitLimits {
  const latency = declared?.statusLatencyMs ?? 1_000;
  const of = (name: LimitName): number => {
    if (name === "call") return BASE.call; // calls have deadlines of their own
    const isSlow = name === "start" || name === "end" || name === "observe";
    return BASE[name] * scale + (isSlow ? latency : 0);
  };
  return { of, quietMs: Math.min(1_000, Math.max(500, latency / 2)) };
}
