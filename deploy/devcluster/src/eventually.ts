// Polls until something holds: the only way that waiting is done here.

import { setTimeout as wait } from "node:timers/promises";

export interface EventuallyOptions {
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** Default 100 ms. */
  readonly intervalMs?: number;
  /** What was waited for, as the subject of "did not happen". */
  readonly message: string;
  /** Ends the waiting early with its reason. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 30_000;
const INTERVAL_MS = 100;

/**
 * Calls `probe` until it answers without throwing and not with `undefined` or `false`; answers that value.
 * After timeoutMs it throws with `message` and the last failure.
 */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: EventuallyOptions,
): Promise<T> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const outcome = await tryProbe(probe);
    if (outcome.kind === "holds") return outcome.value;
    if (performance.now() >= deadline) throw gaveUp(options.message, timeoutMs, outcome.cause);
    await wait(
      options.intervalMs ?? INTERVAL_MS,
      undefined,
      options.signal === undefined ? {} : { signal: options.signal },
    );
  }
}

type Outcome<T> =
  | { readonly kind: "holds"; readonly value: T }
  | { readonly kind: "not-yet"; readonly cause?: unknown };

async function tryProbe<T>(probe: () => Promise<T | undefined | false> | T | undefined | false): Promise<Outcome<T>> {
  try {
    const value = await probe();
    return value === undefined || value === false ? { kind: "not-yet" } : { kind: "holds", value };
  } catch (cause) {
    return { kind: "not-yet", cause };
  }
}

function gaveUp(message: string, timeoutMs: number, cause: unknown): Error {
  const last = cause instanceof Error ? `; last: ${cause.message}` : "";
  return new Error(`${message}: did not happen within ${timeoutMs / 1000} s${last}`, { cause });
}
