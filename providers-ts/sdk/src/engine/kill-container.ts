/**
 * Ends one container: its preStop hook, then its turn after those that must go first, then the request to end. All of it takes
 * its time from one grace period, that may become shorter meanwhile; the request itself always gets two seconds.
 */
import { eventTexts } from "./events.js";
import type { Pod } from "./pod.js";
import { type Instance, type PodRecord, runningInstance } from "./record.js";
import { stopInstance } from "./stop-instance.js";

/** The least time between the request to end and the kill. */
const LEAST_GRACE_MS = 2000;

/** What to end, and when to kill it. */
export interface Kill {
  readonly name: string;
  readonly instance: Instance;
  /** End of the grace period. */
  readonly endAt: (record: PodRecord) => number;
  /** Containers that must have ended before this one is asked to. */
  readonly after?: readonly string[];
}

/** Ends it. Rejects only when the signal is aborted. */
export async function killContainer(pod: Pod, kill: Kill, signal: AbortSignal): Promise<void> {
  const isAtOnce = kill.endAt(pod.record) <= pod.now();
  if (!isAtOnce) await waitTurn(pod, kill, signal);
  const leastEndAt = isAtOnce && pod.record.stop !== undefined ? 0 : pod.now() + LEAST_GRACE_MS;
  const known = pod.record.stop;
  const endAt = (record: PodRecord): number => {
    const at = kill.endAt(record);
    return record.stop === known ? Math.max(at, leastEndAt) : at;
  };
  await stopInstance(pod, { name: kill.name, instance: kill.instance, endAt }, signal);
}

/** preStop hook, then the other containers. */
async function waitTurn(pod: Pod, { name, endAt, after = [] }: Kill, signal: AbortSignal): Promise<void> {
  const hook = pod.container(name)?.container.lifecycle?.preStop;
  const others = after.filter((other) => runningInstance(pod.record, other) !== undefined);
  if (hook === undefined && others.length === 0) return;
  using timeUp = abortAt(pod, endAt, signal);
  try {
    if (hook !== undefined) await runPreStop(pod, name, timeUp.signal, signal);
    await pod.until((record) => others.every((other) => runningInstance(record, other) === undefined), timeUp.signal);
  } catch {
    signal.throwIfAborted();
  }
}

/** A failure is told: what is cut off at the end of the grace period fails as well, for its container ends under it. */
async function runPreStop(pod: Pod, name: string, signal: AbortSignal, outer: AbortSignal): Promise<void> {
  const hook = pod.container(name)?.container.lifecycle?.preStop;
  if (hook === undefined) return;
  try {
    await pod.context.hooks.run(pod, name, hook, signal);
  } catch {
    const isCutOff = signal.aborted;
    if (!outer.aborted && !(isCutOff && hook.sleep !== undefined)) pod.event(name, eventTexts.preStopFailed());
  }
}

/** A signal that is aborted at a time that may come nearer, or with the outer one. */
function abortAt(
  pod: Pod,
  endAt: (record: PodRecord) => number,
  outer: AbortSignal,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  let cancel = (): void => {};
  const arm = (): void => {
    cancel();
    cancel = pod.context.clock.after(endAt(pod.record) - pod.now(), () => controller.abort(new Error("time is up")));
  };
  const forget = pod.onCommit(arm);
  arm();
  return {
    signal: AbortSignal.any([controller.signal, outer]),
    [Symbol.dispose]: () => {
      cancel();
      forget();
    },
  };
}
