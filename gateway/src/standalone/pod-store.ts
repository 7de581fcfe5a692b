/** The pods of standalone mode as an API server would keep them: UIDs, revisions, statuses, stored before anybody hears of them. */
import type { Pod } from "../domain/kubernetes.js";
import type { PodSourceEvent } from "../ports/pods.js";
import type { StateStore } from "./state.js";

/** Told of every new state of a pod; undefined: gone. */
export type PodListener = (uid: string, pod: Pod | undefined) => void;

/** Pods by UID. Changes of one turn of the event loop are stored together. */
export class PodStore {
  readonly #store: StateStore;
  readonly #listener: PodListener;
  readonly #pods: Map<string, Pod>;
  #revision: number;
  #untold: PodSourceEvent[] = [];
  #storing: Promise<void> | undefined;
  #told: PodSourceEvent[] = [];
  #wake = new AbortController();

  constructor(store: StateStore, listener: PodListener) {
    this.#store = store;
    this.#listener = listener;
    this.#pods = new Map(store.state.pods.map((pod) => [pod.metadata.uid, pod]));
    this.#revision = store.state.revision;
  }

  get(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  /** A copy: pods may be put and removed while it is read. */
  all(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  /** Gives the pod its next resourceVersion and keeps it. */
  put(pod: Pod): Pod {
    const next: Pod = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#revision) } };
    this.#pods.set(next.metadata.uid, next);
    this.#untold.push({ kind: "set", pod: next });
    return next;
  }

  remove(pod: Pod): void {
    if (this.#pods.delete(pod.metadata.uid)) this.#untold.push({ kind: "gone", pod });
  }

  /** Resolves once every change up to now is stored, and told. @throws (rejects) when it cannot be written */
  stored(): Promise<void> {
    if (this.#untold.length === 0 && this.#storing === undefined) return Promise.resolve();
    this.#storing ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#storing = undefined;
        try {
          this.#write();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#storing;
  }

  /** What was stored since the last call; waits for more. Ends with the signal. */
  async *events(signal: AbortSignal): AsyncGenerator<PodSourceEvent> {
    while (!signal.aborted) {
      const batch = this.#told;
      this.#told = [];
      yield* batch;
      if (this.#told.length === 0) await aborted(AbortSignal.any([signal, this.#wake.signal]));
      this.#wake = new AbortController();
    }
  }

  /** Forgets what was told: a list is told instead. */
  skipEvents(): void {
    this.#told = [];
  }

  #write(): void {
    this.#store.save({ ...this.#store.state, revision: this.#revision, pods: this.all() });
    const batch = this.#untold;
    this.#untold = [];
    this.#told.push(...batch);
    this.#wake.abort();
    for (const event of batch) this.#tell(event);
  }

  #tell(event: PodSourceEvent): void {
    if (event.kind === "set") this.#listener(event.pod.metadata.uid, event.pod);
    if (event.kind === "gone") this.#listener(event.pod.metadata.uid, undefined);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
