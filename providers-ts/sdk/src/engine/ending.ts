/** Notes how an instance ended: its termination message first, then the record. */
import { join } from "node:path";
import type { Pod } from "./pod.js";
import { type Ending, withEnding, withInstanceFields } from "./record.js";
import type { ContainerExit } from "./runtime.js";
import { readTerminationMessage } from "./termination-message.js";

/** Log file of an instance. */
export function logPathOf(podFolder: string, container: string, attempt: number): string {
  return join(podFolder, "logs", container, `${attempt}.log`);
}

/** File behind the container's terminationMessagePath. */
export function messageFileOf(podFolder: string, container: string, attempt: number): string {
  return join(podFolder, "messages", `${container}-${attempt}`);
}

/**
 * Takes an exit that the runtime told; false: it had told it before. Of an instance that is not known yet it is kept until the
 * start is noted.
 */
export async function noteExit(pod: Pod, name: string, attempt: number, exit: ContainerExit): Promise<boolean> {
  const current = pod.record.containers.get(name)?.current;
  if (current === undefined || current.attempt < attempt) {
    pod.earlyExits.set(`${name}/${attempt}`, exit);
    return true;
  }
  const container = pod.container(name)?.container;
  const message = await readTerminationMessage({
    file: messageFileOf(pod.folder, name, attempt),
    logPath: logPathOf(pod.folder, name, attempt),
    policy: container?.terminationMessagePolicy ?? "File",
    exitCode: exit.exitCode,
    reason: exit.reason,
  });
  const started = exit.startedAt === undefined ? {} : { startedAt: exit.startedAt };
  const record = withInstanceFields(pod.record, name, attempt, started);
  const startedAt = exit.startedAt ?? current.startedAt;
  const ended = withEnding(record, name, attempt, { ...endingOf(exit, startedAt, pod.now()), message });
  if (ended === record) return false;
  pod.commit(ended);
  return true;
}

/** Runtimes write the start down after the process runs, so that a quick end may have the earlier time. */
function endingOf(exit: ContainerExit, startedAt: number | undefined, now: number): Omit<Ending, "message"> {
  const reason = exit.reason === "" ? defaultReason(exit.exitCode) : exit.reason;
  const finishedAt = Math.max(exit.finishedAt ?? now, startedAt ?? 0);
  return { exitCode: exit.exitCode, signal: exit.signal, reason, finishedAt };
}

function defaultReason(exitCode: number | undefined): string {
  if (exitCode === undefined) return "ContainerStatusUnknown";
  return exitCode === 0 ? "Completed" : "Error";
}

/** The end of an instance that the runtime no longer knows. */
export function lostEnding(now: number): Ending {
  const message = "The container could not be located when the pod was deleted.  The container used to be Running";
  return { reason: "ContainerStatusUnknown", message, finishedAt: now };
}
