/**
 * Ends what runs in a pod: main and ephemeral containers together, then the sidecars in reverse order, all within one grace
 * period that may become shorter meanwhile. Then the sandbox and the volumes go, and the pod has ended.
 */
import { sleep } from "../clock/clock.js";
import { describeError } from "../errors.js";
import { eventTexts } from "./events.js";
import { forgetEvicted, forgetOlder } from "./forget.js";
import { containersOf, graceMsOf } from "./manifest.js";
import { killContainer } from "./kill-container.js";
import type { Pod } from "./pod.js";
import { type PodRecord, runningInstance } from "./record.js";

import { removeVolumes } from "./volumes.js";

const RETRY_MS = 1000;

/** Ends every container. Rejects only when the signal is aborted. */
export async function endContainers(pod: Pod, signal: AbortSignal): Promise<void> {
  const order = new EndOrder(pod);
  const running = runningNames(pod.record);
  for (const name of running) announce(pod, name);
  await Promise.all(running.map(async (name) => await endOne(pod, name, order, signal)));
}

function announce(pod: Pod, name: string): void {
  const key = `${name}/${runningInstance(pod.record, name)?.attempt}`;
  if (pod.announced.has(key)) return;
  pod.announced.add(key);
  pod.event(name, eventTexts.stopping(name));
}

/** Names of containers that run. */
export function runningNames(record: PodRecord): readonly string[] {
  return [...record.containers.keys()].filter((name) => runningInstance(record, name) !== undefined);
}

/** Whose turn it is, and until when. */
class EndOrder {
  readonly #pod: Pod;
  readonly #begun: number;

  constructor(pod: Pod) {
    this.#pod = pod;
    this.#begun = pod.now();
  }

  /** When containers are killed: by the order to stop, else by the pod's own grace period. */
  endAt(record: PodRecord): number {
    const graceMs = this.#pod.manifest === undefined ? 30_000 : graceMsOf(this.#pod.manifest);
    const { stop } = record;
    if (stop === undefined) return this.#begun + graceMs;
    const { foundStop } = this.#pod;
    return stop === foundStop?.order ? Math.max(stop.endAt, foundStop.leastEndAt) : stop.endAt;
  }

  /** Containers that must have ended before this one is asked to. */
  before(name: string): readonly string[] {
    const { manifest } = this.#pod;
    if (manifest === undefined) return [];
    const all = containersOf(manifest);
    const index = all.findIndex((named) => named.container.name === name);
    if (all[index]?.kind !== "sidecar") return [];
    const later = all.filter(({ kind }, at) => kind === "main" || (kind === "sidecar" && at > index));
    return later.map((named) => named.container.name);
  }
}

async function endOne(pod: Pod, name: string, order: EndOrder, signal: AbortSignal): Promise<void> {
  const instance = runningInstance(pod.record, name);
  if (instance === undefined) return;
  const endAt = (record: PodRecord): number => order.endAt(record);
  await killContainer(pod, { name, instance, endAt, after: order.before(name) }, signal);
}

/** Takes the sandbox down; asks until the runtime has done it. */
export async function removeSandbox(pod: Pod, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await pod.context.runtime.stopSandbox(pod.uid);
      break;
    } catch (error) {
      signal.throwIfAborted();
      pod.context.logger.warn({ err: describeError(error), uid: pod.uid }, "sandbox not stopped, will retry");
      await sleep(pod.context.clock, RETRY_MS, signal);
    }
  }
  const { sandbox } = pod.record;
  if (sandbox.state !== "none") pod.commit({ ...pod.record, sandbox: { ...sandbox, state: "gone" } });
}

/** Frees what is left, notes the end, and tells it. */
export async function completeEnd(pod: Pod): Promise<void> {
  await forgetOlder(pod);
  await forgetEvicted(pod);
  await removeVolumes(pod.volumeHome);
  pod.context.inputs.remove(pod.uid);
  pod.inputs = undefined;
  pod.context.probing.drop(pod.uid);
  pod.commit({ ...pod.record, ended: true });
  pod.isHoldingBack = false;
  pod.publish();
}
