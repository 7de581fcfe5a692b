/** FAKE of an API server for one node's pods: enough of its rules for the pod controller; in memory, with an outage switch. */
import { randomUUID } from "node:crypto";
import type { Pod, PodSpec, PodStatus } from "../../domain/kubernetes.js";
import { ApiError, type PodResult, type PodSource, type PodSourceEvent, type PodWriter } from "../../ports/pods.js";

/** The fake. */
export class FakeApi implements PodSource, PodWriter {
  readonly pods: Map<string, Pod> = new Map();
  /** Every status that was written, in order. */
  readonly writes: { readonly name: string; readonly status: PodStatus }[] = [];
  /** No answers while true. */
  down = false;
  #revision = 100n;
  #events: PodSourceEvent[] = [];
  #wake = Promise.withResolvers<void>();

  create(name: string, spec: Partial<PodSpec> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
    const uid = randomUUID();
    const container = { name: "c", image: "i" };
    return this.#put({
      metadata: {
        name,
        namespace: "ns",
        uid,
        resourceVersion: "0",
        creationTimestamp: "2026-01-01T00:00:00Z",
        generation: 1,
        ...metadata,
      },
      spec: { containers: [container], restartPolicy: "Always", terminationGracePeriodSeconds: 30, ...spec },
      status: { phase: "Pending", qosClass: "BestEffort" },
    });
  }

  /** DELETE: terminal pods go at once, others are told to end. */
  remove(name: string, grace = 30): void {
    const pod = this.byName(name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    if (ended || grace === 0) return this.#gone(pod);
    this.change(pod, {
      metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: grace },
    });
  }

  change(pod: Pod, part: Partial<Pod>): Pod {
    return this.#put({ ...pod, ...part });
  }

  byName(name: string): Pod | undefined {
    return [...this.pods.values()].find((pod) => pod.metadata.name === name);
  }

  /** Tells the whole list again, as after a relist. */
  relist(): void {
    this.#tell({ kind: "list", pods: [...this.pods.values()] });
  }

  async *watch(signal: AbortSignal): AsyncGenerator<PodSourceEvent> {
    this.#events = [];
    yield { kind: "list", pods: [...this.pods.values()] };
    signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    while (!signal.aborted) {
      const batch = this.#events;
      this.#events = [];
      yield* batch;
      if (batch.length > 0) continue;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
    }
  }

  async get(pod: Pod): Promise<PodResult> {
    this.#check();
    const found = this.pods.get(pod.metadata.uid);
    return found === undefined ? { kind: "gone" } : { kind: "ok", pod: found };
  }

  async patchStatus(pod: Pod, _from: PodStatus, to: PodStatus): Promise<PodResult> {
    this.#check();
    const found = this.pods.get(pod.metadata.uid);
    if (found === undefined) return { kind: "gone" };
    this.writes.push({ name: found.metadata.name, status: to });
    return { kind: "ok", pod: this.#put({ ...found, status: to }) };
  }

  async delete(pod: Pod): Promise<void> {
    this.#check();
    const found = this.pods.get(pod.metadata.uid);
    if (found !== undefined) this.#gone(found);
  }

  #check(): void {
    if (this.down) throw new ApiError(0, "no answer");
  }

  #put(pod: Pod): Pod {
    const next = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#revision) } };
    this.pods.set(next.metadata.uid, next);
    this.#tell({ kind: "set", pod: next });
    return next;
  }

  #gone(pod: Pod): void {
    this.pods.delete(pod.metadata.uid);
    this.#tell({ kind: "gone", pod });
  }

  #tell(event: PodSourceEvent): void {
    this.#events.push(event);
    this.#wake.resolve();
  }
}
