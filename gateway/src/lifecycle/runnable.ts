/** The only way to start something long-lived: in order, and stopped in reverse. */
import type { Clock } from "../ports/clock.js";
import { systemClock } from "./system-clock.js";

/** Something long-lived. */
export interface Runnable {
  /** For logs. */
  readonly name: string;
  /** Resolves once the signal has aborted and everything is released; rejects when it is broken. */
  run(signal: AbortSignal): Promise<void>;
}

/** How stopping is bounded. */
export interface RunOptions {
  readonly clock: Clock;
  /** Time for all groups together to stop. */
  readonly stopMs: number;
}

const DEFAULTS: RunOptions = { clock: systemClock, stopMs: 8_000 };

/**
 * Runs groups of runnables: all start in order, and when the signal aborts, or one of them breaks, they are stopped in
 * reverse order, each group before the one it was started after. Nothing is started when the signal has aborted already.
 * @throws the error of the first runnable that broke; Error that names those that did not stop in time. What a runnable
 * rejects with once it was told to stop is not an error.
 */
export async function runGroups(
  groups: readonly (readonly Runnable[])[],
  signal: AbortSignal,
  { clock, stopMs }: RunOptions = DEFAULTS,
): Promise<void> {
  if (signal.aborted) return;
  const broken = new AbortController();
  const over = AbortSignal.any([signal, broken.signal]);
  const running = groups.map((group) => new RunningGroup(group, broken));
  await aborted(over);
  const left = await leftAfter(stopAll(running, over.reason), running, { clock, stopMs });
  if (broken.signal.aborted) throw broken.signal.reason;
  if (left.length > 0) throw new Error(`did not stop within ${stopMs / 1000} s: ${left.join(", ")}`);
}

async function stopAll(running: readonly RunningGroup[], reason: unknown): Promise<void> {
  for (const group of running.toReversed()) await group.stop(reason);
}

/** Names of what has not stopped in time. */
async function leftAfter(
  stopping: Promise<void>,
  running: readonly RunningGroup[],
  { clock, stopMs }: RunOptions,
): Promise<readonly string[]> {
  const stopped = new AbortController();
  const late = clock.sleep(stopMs, stopped.signal).then(
    () => running.flatMap((group) => [...group.left]),
    () => [],
  );
  const left = await Promise.race([stopping.then(() => []), late]);
  stopped.abort();
  return left;
}

class RunningGroup {
  /** Names of what has not ended. */
  readonly left: Set<string>;
  readonly #stop = new AbortController();
  readonly #ended: Promise<unknown>;

  constructor(group: readonly Runnable[], broken: AbortController) {
    this.left = new Set(group.map(({ name }) => name));
    this.#ended = Promise.all(group.map((runnable) => this.#run(runnable, broken)));
  }

  async stop(reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    await this.#ended;
  }

  async #run(runnable: Runnable, broken: AbortController): Promise<void> {
    try {
      await runnable.run(this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) broken.abort(error);
    }
    this.left.delete(runnable.name);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
