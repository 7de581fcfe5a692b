/** Pods of a manifest folder as a PodSource and PodWriter: what the files say is wanted, UIDs and statuses are ours. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { kubeTime } from "../domain/kube-time.js";
import type { Pod, PodStatus } from "../domain/kubernetes.js";
import type { Clock } from "../ports/clock.js";
import type { PodResult, PodSource, PodSourceEvent, PodWriter } from "../ports/pods.js";
import { FolderReader, type FolderTexts } from "./folder-texts.js";
import { type Manifests, parseManifests, type PodManifest } from "./manifests.js";
import { sameManifest, updatedPod } from "./pod-change.js";
import { type PodListener, PodStore } from "./pod-store.js";
import type { StateStore } from "./state.js";

/** What standalone pods need. */
export interface StandalonePodsOptions {
  readonly folder: string;
  readonly nodeName: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of everything that the folder holds, each time it changed; before the pods are. */
  readonly onManifests: (manifests: Manifests) => void;
  /** Told of every new state of a pod, once it is stored. */
  readonly onPod: PodListener;
  /** Told of all pods after the folder was read, and again after each change. */
  readonly onPods?: (pods: readonly Pod[]) => void;
}

/** Source and writer over one folder. */
export function createStandalonePods(options: StandalonePodsOptions): PodSource & PodWriter {
  return new StandalonePods(options);
}

class StandalonePods implements PodSource, PodWriter {
  readonly #options: StandalonePodsOptions;
  readonly #pods: PodStore;
  #texts: FolderTexts | undefined;
  #manifests: Manifests | undefined;
  #trouble = "";

  constructor(options: StandalonePodsOptions) {
    this.#options = options;
    this.#pods = new PodStore(options.store, options.onPod);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<PodSourceEvent> {
    using reader = new FolderReader(this.#options.folder, this.#options.clock);
    await this.#look(reader, signal);
    this.#pods.skipEvents();
    yield { kind: "list", pods: this.#pods.all() };
    const over = new AbortController();
    const following = this.#follow(reader, AbortSignal.any([signal, over.signal]));
    try {
      yield* this.#pods.events(signal);
    } finally {
      over.abort();
      await following;
    }
  }

  async get(pod: Pod): Promise<PodResult> {
    const found = this.#pods.get(pod.metadata.uid);
    return found === undefined ? { kind: "gone" } : { kind: "ok", pod: found };
  }

  async patchStatus(pod: Pod, _from: PodStatus, to: PodStatus): Promise<PodResult> {
    const found = this.#pods.get(pod.metadata.uid);
    if (found === undefined) return { kind: "gone" };
    const next = this.#pods.put({ ...found, status: to });
    await this.#stored();
    return { kind: "ok", pod: next };
  }

  /** A pod that is gone makes room for the next one of its name. */
  async delete(pod: Pod): Promise<void> {
    this.#pods.remove(this.#pods.get(pod.metadata.uid) ?? pod);
    this.#apply();
    await this.#stored();
  }

  /** Looks again and again until the signal aborts; what goes wrong is told once and tried again. Never rejects. */
  async #follow(reader: FolderReader, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await reader.next(signal);
        await this.#look(reader, signal);
        this.#trouble = "";
      } catch (error) {
        if (!signal.aborted) this.#tellTrouble(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #tellTrouble(message: string): void {
    if (message !== this.#trouble) this.#options.logger.error(`${message}; pods stay as they are`);
    this.#trouble = message;
  }

  async #look(reader: FolderReader, signal: AbortSignal): Promise<void> {
    const texts = await reader.settled(this.#texts, signal);
    if (texts !== this.#texts) this.#take(parseManifests(texts));
    this.#texts = texts;
    await this.#stored();
  }

  #take(manifests: Manifests): void {
    const { logger, onManifests } = this.#options;
    for (const problem of manifests.problems) logger.error(problem);
    this.#manifests = manifests;
    onManifests(manifests);
    this.#apply();
  }

  async #stored(): Promise<void> {
    await this.#pods.stored();
    if (this.#manifests !== undefined) this.#options.onPods?.(this.#pods.all());
  }

  /** Makes the pods what the files want. While a file is bad, pods that are missing stay: the bad file may be theirs. */
  #apply(): void {
    if (this.#manifests === undefined) return;
    const { pods, problems } = this.#manifests;
    const wanted = new Map(pods.map((pod) => [nameOf(pod), pod]));
    for (const pod of this.#pods.all()) {
      const manifest = wanted.get(nameOf(pod));
      if (manifest !== undefined) this.#adjust(pod, manifest);
      else if (problems.length === 0) this.#startDelete(pod);
    }
    const taken = new Set(this.#pods.all().map(nameOf));
    for (const [name, manifest] of wanted) if (!taken.has(name)) this.#create(manifest);
  }

  /** Fields that a pod may change are changed; anything else needs a new pod, once this one is gone. */
  #adjust(pod: Pod, manifest: PodManifest): void {
    if (pod.metadata.deletionTimestamp !== undefined || sameManifest(pod, manifest)) return;
    const updated = updatedPod(pod, manifest);
    if (updated === undefined) this.#startDelete(pod);
    else this.#pods.put(updated);
  }

  #create(manifest: PodManifest): void {
    const creationTimestamp = kubeTime(this.#options.clock.now());
    const given = { uid: randomUUID(), resourceVersion: "0", generation: 1, creationTimestamp };
    this.#pods.put({
      ...manifest,
      metadata: { ...manifest.metadata, ...given },
      spec: { ...manifest.spec, nodeName: this.#options.nodeName },
      status: { phase: "Pending" },
    });
  }

  /** As a DELETE on the API: terminal pods go at once, others are told to end. */
  #startDelete(pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return this.#pods.remove(pod);
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    const deletionTimestamp = kubeTime(this.#options.clock.now() + grace * 1000);
    this.#pods.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } });
  }
}

function nameOf({ metadata }: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}
