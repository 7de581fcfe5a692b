/**
 * Lets go of instances that ended, as the kubelet does: of each container the one that ended last is kept. Of a pod that was
 * evicted none is, as the disk it used is wanted.
 */
import { TerminationCause } from "@outboard/contract";
import { describeError } from "../errors.js";
import type { Pod } from "./pod.js";
import {
  containerRecord,
  type Instance,
  instanceOfRound,
  type PodRecord,
  withContainer,
  withInstanceFields,
} from "./record.js";

/** Forgets instances that were followed by one that has ended too. What fails is tried again at the next pass. */
export async function forgetOlder(pod: Pod): Promise<void> {
  for (const [name, { current, previous }] of pod.record.containers) {
    if (current?.ending !== undefined) await forget(pod, name, previous);
  }
}

/** Forgets every instance of a pod that was evicted. */
export async function forgetEvicted(pod: Pod): Promise<void> {
  if (!isEvicted(pod.record)) return;
  for (const [name, { current, previous }] of pod.record.containers) {
    await forget(pod, name, previous);
    await forget(pod, name, current);
  }
}

/**
 * Removes every instance of the round, before all containers start anew in the same sandbox. Of those that ended for that
 * nothing is kept, as the kubelet had not seen them ended.
 */
export async function eraseAll(pod: Pod, killed: readonly string[]): Promise<void> {
  for (const [name, { kind, previous }] of pod.record.containers) {
    const current = instanceOfRound(pod.record, name);
    if (current === undefined || kind === "ephemeral") continue;
    await forget(pod, name, previous);
    await forget(pod, name, current);
    const erased = killed.includes(name) ? { isErased: true, ...NOTHING_KEPT } : { isErased: true };
    pod.commit(withInstanceFields(pod.record, name, current.attempt, erased));
  }
}

const NOTHING_KEPT = { id: "", image: "", imageId: "", user: undefined, mounts: undefined } as const;

function isEvicted({ stop }: PodRecord): boolean {
  return stop?.cause === TerminationCause.EVICTED || stop?.cause === TerminationCause.PREEMPTED;
}

async function forget(pod: Pod, name: string, instance: Instance | undefined): Promise<void> {
  if (instance === undefined || instance.isForgotten === true) return;
  try {
    await pod.context.runtime.removeContainer(pod.uid, name, instance.attempt);
    pod.context.store.removeInstanceFiles(pod.uid, name, instance.attempt);
    pod.commit(withForgotten(pod.record, name, instance.attempt));
  } catch (err) {
    pod.context.logger.warn({ err: describeError(err), uid: pod.uid, container: name }, "old instance not removed");
  }
}

function withForgotten(record: PodRecord, name: string, attempt: number): PodRecord {
  const container = containerRecord(record, name);
  const mark = (instance: Instance | undefined): Instance | undefined =>
    instance?.attempt === attempt ? { ...instance, isForgotten: true } : instance;
  return withContainer(record, name, {
    ...container,
    current: mark(container.current),
    previous: mark(container.previous),
  });
}
