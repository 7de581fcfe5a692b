/** All pods of the node: what the API and the provider say goes into the table, what that concerns goes into the queue. */
import type { Runnable } from "../../lifecycle/runnable.js";
import type { ProviderStats } from "../../ports/stats.js";
import type { PodSource } from "../../ports/pods.js";
import type { ProviderEventMessage } from "../../ports/provider.js";
import { WorkQueue } from "../work-queue.js";
import type { PodDeps } from "./deps.js";
import { runEvictions } from "./evictions.js";
import { toEventDraft } from "./provider-event.js";
import { ProviderState } from "./provider-state.js";
import { createReconciler } from "./reconciler.js";
import { PodTable } from "./table.js";

const BACKOFF_MS = { first: 200, longest: 10_000 };
/** Pods worked on at once. */
const CONCURRENCY = 256;

/** Everything of PodDeps that the controller does not make itself. */
export type PodControllerOptions = Omit<PodDeps, "table" | "view" | "runtimeName" | "requeue"> & {
  readonly source: PodSource;
  /** Usage figures; absent: no pod is evicted by what it uses. */
  readonly stats?: ProviderStats;
};

/** The pod half of the gateway. */
export class PodController {
  readonly table: PodTable;
  /** The watch of the API and the workers, to be run. */
  readonly runnables: readonly Runnable[];
  readonly #options: PodControllerOptions;
  readonly #queue: WorkQueue;
  readonly #provider: ProviderState;

  constructor(options: PodControllerOptions) {
    const { clock, logger } = options;
    this.#options = options;
    this.table = new PodTable((uid) => this.#queue.add(uid));
    this.#provider = new ProviderState(this.table);
    const deps: PodDeps = {
      ...options,
      table: this.table,
      view: () => this.#provider.view(),
      runtimeName: () => this.#provider.runtimeName(),
      requeue: (uid) => this.#queue.add(uid),
    };
    this.#queue = new WorkQueue({
      clock,
      concurrency: CONCURRENCY,
      work: createReconciler(deps),
      backoffMs: BACKOFF_MS,
      onError: (uid, err, retryMs) => logger.debug({ uid, err, retryMs }, "pod not settled, will retry"),
    });
    const { stats } = options;
    this.runnables = [
      { name: "pod watch", run: (signal) => this.#watch(signal) },
      { name: "pod workers", run: (signal) => this.#queue.run(signal) },
      ...(stats === undefined
        ? []
        : [{ name: "evictions", run: (signal: AbortSignal) => runEvictions(deps, stats, signal) }]),
    ];
  }

  /** When the workers' loop last turned, milliseconds; undefined: not yet. */
  get turnedAt(): number | undefined {
    return this.#queue.turnedAt;
  }

  /** Something that all pods depend on has changed: the node was registered. */
  recheck(): void {
    for (const { uid } of this.table.all()) this.#queue.add(uid);
  }

  /** Takes a message of the provider's session. */
  takeProvider(message: ProviderEventMessage): void {
    switch (message.kind) {
      case "observation":
        return this.table.takeObservation(message.observation);
      case "event":
        return this.#takeEvent(message.event);
      case "forgotten":
        return this.table.takeForgotten(message.uid);
      default:
        if (this.#provider.take(message)) this.recheck();
    }
  }

  #takeEvent(event: Extract<ProviderEventMessage, { kind: "event" }>["event"]): void {
    const record = this.table.get(event.uid);
    if (record?.lastApi === undefined || event.seq <= record.eventSeq) return;
    record.eventSeq = event.seq;
    this.#options.events.record(toEventDraft(event, record.lastApi));
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for await (const event of this.#options.source.watch(signal)) this.table.takeApi(event);
  }
}
