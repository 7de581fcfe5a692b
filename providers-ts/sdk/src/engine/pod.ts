/**
 * One pod in memory: its durable record and what may be lost. The record changes only by commit, which writes it before
 * anything can be told of the change.
 */
import type { ContainerInputs, PodInputs, ResizeStatus, Resources } from "@outboard/contract";
import type { Logger } from "pino";
import { describeError } from "../errors.js";
import type { ObservationDraft, ProviderHost } from "../provider.js";
import type { BackOff } from "./back-off.js";
import type { Clock } from "../clock/clock.js";
import { type EventText, toEvent } from "./events.js";
import type { HookRunner } from "./hooks.js";
import type { VolumeImage } from "./image-volumes.js";
import type { InputsKeeper } from "./inputs-keeper.js";
import { type ContainerManifest, containersOf, type ContainerKindName, type PodManifest } from "./manifest.js";
import { mayRunAgain } from "./needs.js";
import { observePod, type WaitingReason } from "./observe.js";
import type { ProbeVerdict } from "./plan-container.js";
import type { PodRecord, StopOrder } from "./record.js";
import type { ContainerExit, ContainerRuntime } from "./runtime.js";
import { orUnavailable, type Store } from "./store.js";
import type { TmpfsMounter, VolumeHome } from "./volumes.js";

/** What all pods of an engine share. */
export interface EngineContext {
  readonly runtime: ContainerRuntime;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tmpfs: TmpfsMounter;
  /** Until when instances count as just started. */
  readonly youngMs: number;
  readonly inputs: InputsKeeper;
  readonly hooks: HookRunner;
  readonly host: ProviderHost;
  readonly probing: Probing;
}

/** The probes of all pods, as far as pods need them. */
export interface Probing {
  verdict(pod: Pod, container: string): ProbeVerdict;
  health(pod: Pod, container: string): { readonly started?: boolean; readonly ready?: boolean };
  /** Starts, stops or leaves the probes, by what runs now. */
  follow(pod: Pod): void;
  drop(uid: string): void;
}

/** The last tries to get an image. */
export interface ImageTries {
  readonly backOff: BackOff;
  readonly error: WaitingReason;
}

/** Resources of a pod as a whole; not settled: a container that is to be restarted still holds more. */
export interface PodLevel {
  readonly resources: Resources;
  readonly isSettled: boolean;
}

/** See the head of this file. */
export class Pod {
  readonly context: EngineContext;
  readonly waiting: Map<string, WaitingReason> = new Map();
  readonly images: Map<string, ImageTries> = new Map();
  /** Images of volumes, or why there is none, as this pass found them; undefined: not asked for in it. */
  volumeImages: ReadonlyMap<string, VolumeImage> | undefined;
  readonly earlyExits: Map<string, ContainerExit> = new Map();
  record: PodRecord;
  manifest: PodManifest | undefined;
  manifestJson: unknown;
  inputs: PodInputs | undefined;
  /** The resize under way, or how the last one failed. */
  resize: ResizeStatus | undefined;
  /** Resources of the pod as a whole that the sandbox was given; undefined: not since it, or this process, began. */
  level: PodLevel | undefined;
  isPreparing = false;
  /** While containers are being ended their ends are shown together with the pod's, as the kubelet does. */
  isHoldingBack = false;
  /** Something of it began or was ended in this turn, so that a kubelet looks at it again at once. */
  hasNews = false;
  /** A pass is ending the pod: a stop only changes its end time. */
  isEnding = false;
  /** The order to end it that this process found at its start, and when containers are killed by it at the earliest. */
  foundStop: { readonly order: StopOrder; readonly leastEndAt: number } | undefined;
  /** Its folder is gone: what is noted late is nobody's. */
  isReleased = false;
  /** Instances whose end was announced by an event. */
  readonly announced: Set<string> = new Set();
  readonly #changes = new Set<() => void>();
  #isUnsaved = false;
  #shown: ObservationDraft | undefined;

  constructor(context: EngineContext, record: PodRecord) {
    this.context = context;
    this.record = record;
  }

  get uid(): string {
    return this.record.uid;
  }

  get folder(): string {
    return this.context.store.folder(this.record.uid);
  }

  get volumeHome(): VolumeHome {
    const { inputs, tmpfs } = this.context;
    return { folder: this.folder, memory: inputs.volumes(this.uid), tmpfs };
  }

  now(): number {
    return this.context.clock.now();
  }

  /** Takes over the Manifest; undefined: lost. */
  setManifest(json: Uint8Array | undefined, manifest: PodManifest | undefined): void {
    this.manifest = manifest;
    this.manifestJson = json === undefined ? undefined : JSON.parse(Buffer.from(json).toString("utf8"));
  }

  /** Changes the record and writes it. A failing disk keeps the change in memory, unpublished, until it can be written. */
  commit(record: PodRecord): void {
    if (this.isReleased || (record === this.record && !this.#isUnsaved)) return;
    this.record = record;
    try {
      this.context.store.saveRecord(record);
      this.#isUnsaved = false;
    } catch (err) {
      this.#isUnsaved = true;
      this.context.logger.error({ err: describeError(err), uid: this.uid }, "pod record not written, will retry");
    }
    for (const listener of this.#changes) listener();
  }

  /** As commit, for answers: throws when the record cannot be written, and the record stays as it was. */
  commitOrThrow(record: PodRecord): void {
    orUnavailable(() => this.context.store.saveRecord(record));
    this.record = record;
    this.#isUnsaved = false;
    for (const listener of this.#changes) listener();
  }

  /** True: everything known is on disk. */
  get isSaved(): boolean {
    if (this.#isUnsaved) this.commit(this.record);
    return !this.#isUnsaved;
  }

  /** Resolves when the record makes the condition true; rejects when the signal is aborted. */
  async until(isMet: (record: PodRecord) => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (isMet(this.record)) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (end: () => void): void => {
        this.#changes.delete(check);
        signal.removeEventListener("abort", onAbort);
        end();
      };
      const check = (): void => {
        if (isMet(this.record)) finish(resolve);
      };
      const onAbort = (): void => finish(() => reject(signal.reason as Error));
      this.#changes.add(check);
      signal.addEventListener("abort", onAbort);
    });
  }

  /** Calls back after every commit until the answer is called. */
  onCommit(listener: () => void): () => void {
    this.#changes.add(listener);
    return () => this.#changes.delete(listener);
  }

  /** Nothing of the pod can be started before the gateway sends its inputs again. */
  get needsInputs(): boolean {
    const isLive = this.record.stop === undefined && !this.record.ended;
    return this.inputs === undefined && isLive && mayRunAgain(this.record, this.manifest);
  }

  /** What is known, as the contract shows it. */
  observe(record: PodRecord = this.record): ObservationDraft {
    return observePod(record, {
      manifest: this.manifest,
      needsInputs: this.needsInputs,
      resize: this.resize,
      isPreparing: this.isPreparing,
      waiting: this.waiting,
      probes: (container) => this.context.probing.verdict(this, container),
      health: (container) => this.context.probing.health(this, container),
      now: this.now(),
    });
  }

  /** Publishes, unless the disk is behind or the pod is being ended. */
  publish(): void {
    if (this.isHoldingBack || !this.isSaved) return;
    this.#shown = this.observe();
    this.context.host.publish(this.#shown);
  }

  /** Publishes what the disk has, while what came later cannot be written. */
  publishStored(stored: PodRecord): void {
    this.#shown = this.observe(stored);
    this.context.host.publish(this.#shown);
  }

  /** While the pod is being ended only readiness changes, of what was shown before, as with the kubelet. */
  publishReadiness(name: string, ready: boolean | undefined): void {
    const shown = this.#shown;
    if (shown === undefined || !this.isHoldingBack || !this.isSaved) return;
    const containers = shown.containers.map((container) =>
      container.name === name && container.state?.$case === "running" ? { ...container, ready } : container,
    );
    this.#shown = { ...shown, containers, observedAt: new Date(this.now()) };
    this.context.host.publish(this.#shown);
  }

  /** What was published last. */
  get shown(): ObservationDraft {
    return this.#shown ?? this.observe();
  }

  /** Publishes an event; container "" is the pod. */
  event(container: string, text: EventText): void {
    this.context.host.event(toEvent(this.record, container, text, this.now()));
  }

  /** A container of the Manifest with its kind. */
  container(name: string): { readonly kind: ContainerKindName; readonly container: ContainerManifest } | undefined {
    if (this.manifest === undefined) return undefined;
    return containersOf(this.manifest).find((named) => named.container.name === name);
  }

  /** Inputs of a container. */
  containerInputs(name: string): ContainerInputs | undefined {
    return this.inputs?.containers.find((candidate) => candidate.name === name);
  }
}
