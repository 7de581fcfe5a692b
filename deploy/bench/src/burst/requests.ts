// Requests per pod: what an agent asks the API server for because of pods. Pure.

import type { PhaseFigures } from "../figures.js";

const EVENTS: ReadonlySet<string> = new Set(["create events", "patch events"]);
/** The node's own heartbeat, and watches, which carry many pods. */
const OF_THE_NODE = /^(watch |list |.* (leases|nodes|nodes\/status)$|get \/)/;

export type RequestClass = "pods" | "events" | "node";

export function classOf(what: string): RequestClass {
  if (EVENTS.has(what)) return "events";
  return OF_THE_NODE.test(what) ? "node" : "pods";
}

type Counted = Pick<PhaseFigures, "requests">;

/** Of all phases together: by kind, the most frequent first. */
export function addRequests(phases: readonly Counted[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { requests } of phases)
    for (const [what, count] of Object.entries(requests)) sums.set(what, (sums.get(what) ?? 0) + count);
  return new Map([...sums].toSorted(([, left], [, right]) => right - left));
}

/** Requests of one class over all phases, for each of so many pods. */
export function perPod(phases: readonly Counted[], pods: number, wanted: RequestClass = "pods"): number {
  const counts = [...addRequests(phases)].filter(([what]) => classOf(what) === wanted);
  return counts.reduce((sum, [, count]) => sum + count, 0) / pods;
}
