/** FAKE of an API server for one node's pods: enough of its rules for the pod controller; in memory, with switches for trouble. */
import { randomUUID } from "node:crypto";
import { sameValue } from "../../domain/json-diff.js";
import type { Pod, PodSpec, PodStatus } from "../../domain/kubernetes.js";
import { podStatusPatch } from "../../domain/status-diff.js";
import { ApiError, type PodResult, type PodSource, type PodSourceEvent, type PodWriter } from "../../ports/pods.js";
import { mergeStatus, transitionProblem } from "./merge-status.js";

/** The fake. */
export class FakeApi implements PodSource, PodWriter {
  readonly pods: Map<string, Pod> = new Map();
  /** Every status that was written, in order. */
  readonly writes: { readonly name: string; readonly status: PodStatus }[] = [];
  /** No answers while true. */
  down = false;
  /** Requests are done, their answers lost. */
  loseAnswers = false;
  /** Requests are refused: all as too many (429), or writes as in conflict with others (409). */
  refusal: "none" | "busy" | "conflict" = "none";
  #late = false;
  #revision = 100n;
  #events: PodSourceEvent[] = [];
  #isTelling = false;
  #wake = Promise.withResolvers<void>();

  /** While true, what the watch tells is kept back; reads and writes are not. */
  get late(): boolean {
    return this.#late;
  }

  set late(late: boolean) {
    this.#late = late;
    this.#wake.resolve();
  }

  create(name: string, spec: Partial<PodSpec> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
    const uid = randomUUID();
    const volumeMounts = (spec.volumes ?? []).map((volume) => ({ name: volume.name, mountPath: `/${volume.name}` }));
    const container = { name: "c", image: "i", ...(volumeMounts.length === 0 ? {} : { volumeMounts }) };
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

  /** DELETE: terminal pods go at once, others are told to end; again only to end sooner. */
  remove(name: string, grace = 30): void {
    const pod = this.byName(name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
    if (ended || grace === 0) return this.#gone(pod);
    if (grace >= (pod.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY)) return;
    const first = pod.metadata.deletionTimestamp === undefined ? 1 : 0;
    this.change(pod, {
      metadata: {
        ...pod.metadata,
        generation: (pod.metadata.generation ?? 0) + first,
        deletionTimestamp: "2026-01-01T00:00:30Z",
        deletionGracePeriodSeconds: grace,
      },
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

  /** True while the watch has not told everything. */
  hasUntold(): boolean {
    return this.#isTelling || this.#events.length > 0;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<PodSourceEvent> {
    this.#events = [];
    this.#isTelling = false;
    yield { kind: "list", pods: [...this.pods.values()] };
    signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    while (!signal.aborted) {
      const batch = this.late ? [] : this.#events;
      if (batch.length > 0) this.#events = [];
      this.#isTelling = batch.length > 0;
      yield* batch;
      this.#isTelling = false;
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

  /** As the adapter and the API server do together: the difference is merged; what changes nothing makes no new object. */
  async patchStatus(pod: Pod, from: PodStatus, to: PodStatus): Promise<PodResult> {
    this.#checkWrite();
    const found = this.pods.get(pod.metadata.uid);
    if (found === undefined) return { kind: "gone" };
    const status = mergeStatus(found.status ?? {}, podStatusPatch(from, to)?.status ?? {});
    const problem = transitionProblem(found.spec, found.status ?? {}, status);
    if (problem !== undefined) throw new ApiError(422, problem, { reason: "Invalid" });
    this.writes.push({ name: found.metadata.name, status });
    const written = sameValue(status, found.status) ? found : this.#put({ ...found, status });
    this.#answer();
    return { kind: "ok", pod: written };
  }

  async delete(pod: Pod): Promise<void> {
    this.#checkWrite();
    const found = this.pods.get(pod.metadata.uid);
    if (found !== undefined) this.#gone(found);
    this.#answer();
  }

  #check(): void {
    if (this.down) throw new ApiError(0, "no answer");
    if (this.refusal === "busy") throw new ApiError(429, "too many requests", { retryAfterMs: 1_000 });
  }

  #checkWrite(): void {
    this.#check();
    if (this.refusal === "conflict") throw new ApiError(409, "changed by somebody else", { reason: "Conflict" });
  }

  #answer(): void {
    if (this.loseAnswers) throw new ApiError(0, "outcome unknown");
  }

  #put(pod: Pod): Pod {
    const next = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#revision) } };
    this.pods.set(next.metadata.uid, next);
    this.#tell({ kind: "set", pod: next });
    return next;
  }

  #gone(pod: Pod): void {
    this.pods.delete(pod.metadata.uid);
    const resourceVersion = String(++this.#revision);
    this.#tell({ kind: "gone", pod: { ...pod, metadata: { ...pod.metadata, resourceVersion } } });
  }

  #tell(event: PodSourceEvent): void {
    this.#events.push(event);
    this.#wake.resolve();
  }
}
