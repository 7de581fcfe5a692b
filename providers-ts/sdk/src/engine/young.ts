/** Before a pod is ended: what has just been started may end by itself, as the kubelet sees when it looks at the runtime again. */
import type { Pod } from "./pod.js";
import { runningInstance } from "./record.js";
import { abortAfter } from "./stop-instance.js";
import { runningNames } from "./terminate.js";

/** Waits until all that runs is old enough, or ended. Rejects only when the signal is aborted. */
export async function awaitYoung(pod: Pod, signal: AbortSignal): Promise<void> {
  if (!isAwaited(pod)) return;
  using timeUp = abortAfter(pod, pod.context.youngMs, signal);
  try {
    await pod.until(() => !isAwaited(pod), timeUp.signal);
  } catch {
    signal.throwIfAborted();
  }
}

/** Something young runs, and there is time left. */
function isAwaited(pod: Pod): boolean {
  const { stop } = pod.record;
  if (stop === undefined || stop.endAt <= pod.now()) return false;
  const bornAfter = pod.now() - pod.context.youngMs;
  return runningNames(pod.record).some((name) => (runningInstance(pod.record, name)?.startedAt ?? 0) > bornAfter);
}
