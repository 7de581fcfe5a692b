/** A provider's usage figures for tests: what was asked is kept, answers come from the test. */
import type { ProviderStats, UsageQuery, UsageSnapshot } from "../../ports/stats.js";

/** Figures under a test's control. */
export interface ScriptedStats extends ProviderStats {
  readonly queries: UsageQuery[];
  /** Signals of all calls, in order. */
  readonly signals: AbortSignal[];
  /** Replaces what the next calls answer. */
  answer(read: (query: UsageQuery, signal: AbortSignal) => Promise<UsageSnapshot> | UsageSnapshot): void;
}

/** Makes figures of no pods until told otherwise. */
export function createScriptedStats(): ScriptedStats {
  const queries: UsageQuery[] = [];
  const signals: AbortSignal[] = [];
  let read: (query: UsageQuery, signal: AbortSignal) => Promise<UsageSnapshot> | UsageSnapshot = () => ({ pods: [] });
  return {
    queries,
    signals,
    answer: (next) => {
      read = next;
    },
    async readStats(query, signal) {
      queries.push(query);
      signals.push(signal);
      return read(query, signal);
    },
  };
}
