// How late a gateway's event loop is, read from its metrics. Each reading begins a new measurement there.

import type { LoopDelay } from "./figures.js";

/** The period of the timer whose lateness is measured: it is part of every value. */
const TIMER_MS = 10;
const NAMES = { p50Ms: "p50", p99Ms: "p99", maxMs: "max" } as const;

export async function readLoopDelay(metricsUrl: string): Promise<LoopDelay> {
  const response = await fetch(metricsUrl, { signal: AbortSignal.timeout(30_000) });
  return parseLoopDelay(await response.text());
}

/** @throws Error when the text does not have them */
export function parseLoopDelay(text: string): LoopDelay {
  const read = (part: string): number => {
    const found = new RegExp(`^nodejs_eventloop_lag_${part}_seconds (\\S+)$`, "m").exec(text);
    if (found === null) throw new Error(`the metrics do not tell of the event loop: no ${part}`);
    return Math.max(0, Number(found[1]) * 1000 - TIMER_MS);
  };
  return { p50Ms: read(NAMES.p50Ms), p99Ms: read(NAMES.p99Ms), maxMs: read(NAMES.maxMs) };
}
