/** The pod engine: makes a PodProvider of a ContainerRuntime. Composition and the life of pods; the rest is in its parts. */
import { type CreatePodRequest, StopReason, type UpdateInputsRequest, type UpdatePodRequest } from "@outboard/contract";
import type { Logger } from "pino";
import type { Clock } from "../clock/clock.js";
import { refuse } from "../errors.js";
import type { PodProvider, ProviderHost } from "../provider.js";
import { describeEngine, type Withheld } from "./describe.js";
import { createHookRunner } from "./hooks.js";
import { forgetfulInputs, keepInputsIn } from "./inputs-keeper.js";
import { engineInteractions } from "./interactions.js";
import { LogRotation } from "./logs/rotation.js";
import { adoptOrder, applyInputs, applyUpdate, newRecord, stopOrder } from "./orders.js";
import { type EngineContext, Pod } from "./pod.js";
import { ProbeManager } from "./probes/manager.js";
import { parseBytes } from "./quantity.js";
import type { PodRecord } from "./record.js";
import { recoverPods } from "./recover.js";
import type { ContainerRuntime } from "./runtime.js";
import { OUT_OF_CAPACITY } from "./sandbox.js";
import { openStore, orUnavailable } from "./store.js";
import { noTmpfs, type TmpfsMounter } from "./volumes.js";
import { boundedTmpfs } from "./tmpfs.js";
import { Worker } from "./worker.js";

const YOUNG_MS = 300;

/** How an engine is set up. */
export interface PodEngineOptions {
  /** Where pods are kept; made with mode 0700 if it is not there. One engine at a time. */
  readonly stateFolder: string;
  /**
   * A folder on a tmpfs, of the engine's own, for inputs, so that restarts of the provider need not ask for them; without
   * `tmpfs` for volumes with secrets too. Made with mode 0700, and removed with the last pod; one that others can write is not
   * used. Default: inputs are in memory only.
   */
  readonly inputsFolder?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A log file is rotated above so many bytes. Default 10 MiB. */
  readonly logRotateBytes?: number;
  /** Files kept per instance, the current one included. Default 5. */
  readonly logFiles?: number;
  /** Write through to the disk, so that a death of the machine loses nothing either. Default false: a death of the process. */
  readonly sync?: boolean;
  /** For how long a stop lets what has just started end by itself. Default 300. */
  readonly youngMs?: number;
  /** Makes tmpfs mounts, one for each volume in memory or with secrets. Default: none, memory volumes are then on disk. */
  readonly tmpfs?: TmpfsMounter;
  /** What the engine could do but this runtime must not declare. */
  readonly withhold?: Withheld;
}

/** Makes a PodProvider of a runtime for single containers. Pods outlive the engine: stop() leaves them running. */
export function createPodEngine(runtime: ContainerRuntime, options: PodEngineOptions): PodProvider {
  return new PodEngine(runtime, options).provider();
}

class PodEngine {
  readonly #runtime: ContainerRuntime;
  readonly #options: PodEngineOptions;
  readonly #workers = new Map<string, Worker>();
  #context: EngineContext | undefined;
  #rotation: LogRotation | undefined;

  constructor(runtime: ContainerRuntime, options: PodEngineOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  provider(): PodProvider {
    const runtime = this.#runtime;
    const description = describeEngine(runtime, {
      withhold: this.#options.withhold,
      hasTmpfs: this.#options.tmpfs !== undefined,
    });
    return {
      describe: () => description,
      start: async (host, owner) => {
        await runtime.start(owner);
        await this.#start(host);
      },
      stop: async () => await this.#stop(),
      node: () => runtime.node(),
      ...(runtime.configure === undefined ? {} : { configure: (node) => runtime.configure?.(node) }),
      createPod: async (order) => await this.#createPod(order),
      stopPod: async (uid, graceSeconds, reason) => await this.#stopPod(uid, graceSeconds, reason),
      releasePod: async (uid) => await this.#releasePod(uid),
      updateInputs: async (update) => await this.#updateInputs(update),
      updatePod: async (update) => await this.#updatePod(update),
      ...engineInteractions(runtime, {
        clock: this.#options.clock,
        pod: (uid) => this.#worker(uid).pod,
        pods: () => [...this.#workers.values()].map(({ pod }) => pod),
      }),
    };
  }

  async #start(host: ProviderHost): Promise<void> {
    const context = this.#openContext(host);
    this.#context = context;
    const early: (() => void)[] = [];
    let isReady = false;
    this.#runtime.onExit((uid, container, attempt, exit) => {
      const note = (): void => void this.#workers.get(uid)?.exited(container, attempt, exit);
      if (isReady) note();
      else early.push(note);
    });
    this.#runtime.onSandboxLost?.((uid) => {
      if (isReady) this.#workers.get(uid)?.sandboxLost();
    });
    const pods = await recoverPods(context);
    this.#workers.clear();
    for (const pod of pods) this.#workers.set(pod.uid, new Worker(pod));
    for (const pod of pods) pod.publish();
    host.setInventoryComplete(true);
    isReady = true;
    for (const note of early) note();
    for (const worker of this.#workers.values()) worker.poke();
    this.#rotation?.close();
    this.#rotation = new LogRotation(context, () => [...this.#workers.values()].map(({ pod }) => pod), {
      rotateBytes: this.#options.logRotateBytes ?? 10 * 1024 * 1024,
      files: this.#options.logFiles ?? 5,
    });
  }

  #openContext(host: ProviderHost): EngineContext {
    const { clock, logger, inputsFolder, tmpfs, stateFolder, sync, youngMs = YOUNG_MS } = this.#options;
    const hooks = createHookRunner(this.#runtime, clock);
    const inputs = inputsFolder === undefined ? forgetfulInputs : keepInputsIn(inputsFolder, logger);
    const probing = new ProbeManager(this.#runtime, clock, (uid) => this.#workers.get(uid)?.poke());
    return {
      runtime: this.#runtime,
      store: openStore(stateFolder, { sync: sync === true }),
      clock,
      logger,
      youngMs,
      hooks,
      host,
      probing,
      // Pods cannot have more memory than all of them together.
      tmpfs: boundedTmpfs(tmpfs ?? noTmpfs, () => parseBytes(this.#runtime.node().node?.allocatable.get("memory"))),
      inputs: tmpfs === undefined ? inputs : { ...inputs, volumes: () => undefined },
    };
  }

  async #stop(): Promise<void> {
    this.#rotation?.close();
    for (const { pod } of this.#workers.values()) pod.context.probing.drop(pod.uid);
    await Promise.all([...this.#workers.values()].map(async (worker) => await worker.close()));
    await this.#runtime.stop();
  }

  async #createPod(order: CreatePodRequest): Promise<{ readonly backendId: string }> {
    const known = this.#workers.get(order.uid);
    if (known !== undefined) {
      adoptOrder(known.pod, order);
      known.poke();
      return await Promise.resolve({ backendId: order.uid });
    }
    const context = this.#started();
    const pod = new Pod(context, newRecord(order));
    takeNew(pod, order);
    const worker = new Worker(pod);
    this.#workers.set(order.uid, worker);
    pod.publish();
    worker.poke();
    return { backendId: order.uid };
  }

  async #stopPod(uid: string, graceSeconds: number, reason: StopReason): Promise<void> {
    const worker = this.#worker(uid);
    const { pod } = worker;
    if (pod.record.ended) return await Promise.resolve();
    const stop = stopOrder(pod.record.stop, pod.now() + graceSeconds * 1000, reason);
    pod.commitOrThrow({ ...pod.record, stop, ...failureOf(pod, reason) });
    pod.publish();
    worker.interrupt();
  }

  async #releasePod(uid: string): Promise<void> {
    const worker = this.#worker(uid);
    if (!worker.pod.record.ended) throw refuse("STILL_RUNNING", "the pod has not ended");
    await worker.close();
    await this.#runtime.removePod(uid);
    const context = this.#started();
    context.inputs.remove(uid);
    worker.pod.isReleased = true;
    context.store.remove(uid);
    this.#workers.delete(uid);
  }

  async #updateInputs(update: UpdateInputsRequest): Promise<void> {
    const worker = this.#worker(update.uid);
    if (update.inputs !== undefined) await applyInputs(worker.pod, update.inputs, update.inputVersion);
    worker.pod.publish();
    worker.poke();
  }

  async #updatePod(update: UpdatePodRequest): Promise<void> {
    const worker = this.#worker(update.uid);
    await applyUpdate(worker.pod, update);
    worker.pod.publish();
    worker.poke();
  }

  #worker(uid: string): Worker {
    const worker = this.#workers.get(uid);
    if (worker === undefined) throw refuse("POD", "the pod is not known");
    return worker;
  }

  #started(): EngineContext {
    if (this.#context === undefined) throw refuse("NOT_READY", "the provider is starting");
    return this.#context;
  }
}

/** A pod that is given up for want of room says so to its end, also after a restart of the provider. */
function failureOf(pod: Pod, reason: StopReason): Pick<PodRecord, "failure"> {
  const waiting = [...pod.waiting.values()].find((each) => each.reason === OUT_OF_CAPACITY);
  return waiting === undefined || reason !== StopReason.EVICTED ? {} : { failure: waiting };
}

/** Writes a new pod to disk: the record last, since it makes the pod exist. Nobody asks again for what is left of one that does not. */
function takeNew(pod: Pod, order: CreatePodRequest): void {
  const { store, inputs } = pod.context;
  try {
    orUnavailable(() => store.create(pod.uid));
    adoptOrder(pod, order);
  } catch (error) {
    inputs.remove(pod.uid);
    orUnavailable(() => store.remove(pod.uid));
    throw error;
  }
}
