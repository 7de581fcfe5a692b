/** Ends one instance: asks the runtime, again when the end time comes nearer, until the end is on record. */
import { sleep } from "../clock/clock.js";
import { describeError } from "../errors.js";
import { lostEnding } from "./ending.js";
import { eventTexts } from "./events.js";
import { orAborted } from "./or-aborted.js";
import type { Pod } from "./pod.js";
import { type Instance, type PodRecord, runningInstance, withEnding } from "./record.js";

const RETRY_MS = 1000;
/** How long an exit may be missing after the runtime said that the instance has ended. */
const EXIT_PATIENCE_MS = 5000;

/** What to end, and when to kill it. */
export interface Target {
  readonly name: string;
  readonly instance: Instance;
  readonly endAt: (record: PodRecord) => number;
}

/** Asks until the end of the instance is on record. */
export async function stopInstance(pod: Pod, target: Target, signal: AbortSignal): Promise<void> {
  while (runningInstance(pod.record, target.name)?.attempt === target.instance.attempt) {
    signal.throwIfAborted();
    try {
      await orAborted(askToEnd(pod, target), signal);
    } catch (error) {
      signal.throwIfAborted();
      pod.context.logger.warn(
        { err: describeError(error), uid: pod.uid, container: target.name },
        "container not stopped, will retry",
      );
      pod.event(target.name, eventTexts.killFailed("the runtime did not stop the container"));
      await sleep(pod.context.clock, RETRY_MS, signal);
      continue;
    }
    await awaitEnding(pod, target, signal);
  }
}

/** Calls the runtime, and again whenever the end time has come nearer. */
async function askToEnd(pod: Pod, target: Target): Promise<void> {
  const { name, instance, endAt } = target;
  const stopSignal = pod.container(name)?.container.lifecycle?.stopSignal?.replace(/^SIG/, "");
  const ask = async (): Promise<void> =>
    await pod.context.runtime.stopContainer(pod.uid, name, instance.attempt, {
      graceMs: Math.max(0, endAt(pod.record) - pod.now()),
      ...(stopSignal === undefined ? {} : { signal: stopSignal }),
    });
  let asked = endAt(pod.record);
  const calls: Promise<void>[] = [];
  const forget = pod.onCommit(() => {
    if (endAt(pod.record) >= asked) return;
    asked = endAt(pod.record);
    calls.push(ask().catch(() => {}));
  });
  try {
    await ask();
    await Promise.all(calls);
  } finally {
    forget();
  }
}

async function awaitEnding(pod: Pod, { name, instance }: Target, signal: AbortSignal): Promise<void> {
  using timeUp = abortAfter(pod, EXIT_PATIENCE_MS, signal);
  const hasEnded = (record: PodRecord): boolean => runningInstance(record, name)?.attempt !== instance.attempt;
  try {
    await pod.until(hasEnded, timeUp.signal);
  } catch {
    signal.throwIfAborted();
    pod.commit(withEnding(pod.record, name, instance.attempt, lostEnding(pod.now())));
  }
}

/** A signal that is aborted after this time, or with the outer one. */
export function abortAfter(pod: Pod, ms: number, outer: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const cancel = pod.context.clock.after(ms, () => controller.abort(new Error("time is up")));
  return { signal: AbortSignal.any([controller.signal, outer]), [Symbol.dispose]: cancel };
}
