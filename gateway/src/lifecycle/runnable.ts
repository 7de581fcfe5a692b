/** The only way to start something long-lived. */
export interface Runnable {
  /** For logs. */
  readonly name: string;
  /** Resolves once the signal has aborted and everything is released; rejects when it is broken. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs groups of runnables: all start in order, and when the signal aborts, or one of them breaks, they are stopped in
 * reverse order, each group before the one it was started after.
 * @throws the error of the runnable that broke
 */
export async function runGroups(groups: readonly (readonly Runnable[])[], signal: AbortSignal): Promise<void> {
  const broken = new AbortController();
  const over = AbortSignal.any([signal, broken.signal]);
  const running = groups.map((group) => start(group, broken));
  await aborted(over);
  for (const group of running.toReversed()) {
    group.stop.abort(over.reason);
    await group.ended;
  }
  if (broken.signal.aborted) throw broken.signal.reason;
}

interface RunningGroup {
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

function start(group: readonly Runnable[], broken: AbortController): RunningGroup {
  const stop = new AbortController();
  const runs = group.map((runnable) =>
    runnable.run(stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) broken.abort(error);
    }),
  );
  return { stop, ended: Promise.all(runs) };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
