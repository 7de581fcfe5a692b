/**
 * Ends what runs in a pod: main and ephemeral containers together, then the sidecars in reverse order, all within one grace
 * period that may become shorter meanwhile. Then the sandbox and the volumes go, and the pod has ended.
 */
import { sleep } from "../clock/clock.js";
import { describeError } from "../errors.js";
import { eventTexts } from "./events.js";
import { containersOf, graceMsOf } from "./manifest.js";
import type { Pod } from "./pod.js";
import { type PodRecord, runningInstance } from "./record.js";
import { stopInstance } from "./stop-instance.js";
import { removeVolumes } from "./volumes.js";

/** The least time between the request to end and the kill, after hooks or other containers have used up the rest. */
const LEAST_GRACE_MS = 2000;
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
    return record.stop?.endAt ?? this.#begun + graceMs;
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
  const isWaitedFor = await waitTurn(pod, name, order, signal);
  const leastEndAt = isWaitedFor ? pod.now() + LEAST_GRACE_MS : 0;
  const known = pod.record.stop;
  const endAt = (record: PodRecord): number => {
    const at = order.endAt(record);
    return record.stop === known ? Math.max(at, leastEndAt) : at;
  };
  await stopInstance(pod, { name, instance, endAt }, signal);
}

/** preStop hook, then the other containers. True: time of the grace period was used. */
async function waitTurn(pod: Pod, name: string, order: EndOrder, signal: AbortSignal): Promise<boolean> {
  const hook = pod.container(name)?.container.lifecycle?.preStop;
  const others = order.before(name).filter((other) => runningInstance(pod.record, other) !== undefined);
  if (hook === undefined && others.length === 0) return false;
  if (order.endAt(pod.record) <= pod.now()) return false;
  using timeUp = abortAt(pod, (record) => order.endAt(record), signal);
  try {
    if (hook !== undefined) await runPreStop(pod, name, timeUp.signal);
    await pod.until((record) => others.every((other) => runningInstance(record, other) === undefined), timeUp.signal);
  } catch {
    signal.throwIfAborted();
  }
  return true;
}

async function runPreStop(pod: Pod, name: string, signal: AbortSignal): Promise<void> {
  const hook = pod.container(name)?.container.lifecycle?.preStop;
  if (hook === undefined) return;
  try {
    await pod.context.hooks.run(pod, name, hook, signal);
  } catch {
    pod.event(name, eventTexts.preStopFailed());
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
  await removeVolumes(pod.volumeHome);
  pod.context.inputs.remove(pod.uid);
  pod.inputs = undefined;
  pod.context.probing.drop(pod.uid);
  pod.commit({ ...pod.record, ended: true });
  pod.isHoldingBack = false;
  pod.publish();
}
