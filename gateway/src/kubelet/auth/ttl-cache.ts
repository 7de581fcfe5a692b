/**
 * Answers kept for a while, bounded in number. Calls for the same key while a question is under way share it; failures are
 * not kept. Keys should be hashes: nothing readable stays here.
 */
import type { Clock } from "../../ports/clock.js";

/** Settings of one cache. */
export interface TtlCacheOptions<Value> {
  readonly clock: Clock;
  /** Above it the oldest answer is dropped. */
  readonly maxEntries: number;
  /** How long an answer is kept, milliseconds; 0: not at all. */
  readonly ttlMs: (value: Value) => number;
}

/** Asks at most once per key and time to live. */
export interface TtlCache<Value> {
  get(key: string, load: () => Promise<Value>): Promise<Value>;
}

interface Kept<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Makes a cache. */
export function createTtlCache<Value>(options: TtlCacheOptions<Value>): TtlCache<Value> {
  const kept = new Map<string, Kept<Value>>();
  const loading = new Map<string, Promise<Value>>();

  function keep(key: string, value: Value): void {
    const ttlMs = options.ttlMs(value);
    if (ttlMs <= 0) return;
    kept.delete(key);
    kept.set(key, { value, until: options.clock.now() + ttlMs });
    if (kept.size <= options.maxEntries) return;
    const oldest = kept.keys().next();
    if (oldest.done !== true) kept.delete(oldest.value);
  }

  async function loadOnce(key: string, load: () => Promise<Value>): Promise<Value> {
    try {
      const value = await load();
      keep(key, value);
      return value;
    } finally {
      loading.delete(key);
    }
  }

  return {
    async get(key, load) {
      const hit = kept.get(key);
      if (hit !== undefined && options.clock.now() < hit.until) return hit.value;
      kept.delete(key);
      const shared = loading.get(key);
      if (shared !== undefined) return shared;
      const asked = loadOnce(key, load);
      loading.set(key, asked);
      return asked;
    },
  };
}
