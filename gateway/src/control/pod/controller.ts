/** All pods of the node: what the API and the provider say goes into the table, what that concerns goes into the queue. */
import type { Runnable } from "../../lifecycle/runnable.js";
import type { ProviderStats } from "../../ports/stats.js";
import type { PodSource } from "../../ports/pods.js";
import type { ProviderEventMessage } from "../../ports/provider.js";
import type { EventMark } from "../event-mark.js";
import { WorkQueue } from "../work-queue.js";
import { ActivePods } from "./active-pods.js";
import type { PodDeps } from "./deps.js";
import { runEvictions } from "./evictions.js";
import { tellFailedPulls } from "./failed-pulls.js";
import { ProviderEvents } from "./provider-events.js";
import { ProviderState } from "./provider-state.js";
import { createReconciler } from "./reconciler.js";
import { PodTable } from "./table.js";

const BACKOFF_MS = { first: 200, longest: 10_000 };
/** Pods worked on at once. */
const CONCURRENCY = 256;

/** Everything of PodDeps that the controller does not make itself. */
export type PodControllerOptions = Omit<PodDeps, "table" | "active" | "view" | "runtimeName" | "requeue"> & {
  readonly source: PodSource;
  /** Where the process before this one stopped telling the provider's events; absent: it is not known. */
  readonly eventMark?: EventMark;
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
  readonly #events: ProviderEvents;

  constructor(options: PodControllerOptions) {
    const { clock, logger } = options;
    this.#options = options;
    const active = new ActivePods((uid) => this.table.get(uid));
    this.table = new PodTable((uid) => {
      active.note(uid);
      this.#queue.add(uid);
    });
    this.#provider = new ProviderState(this.table);
    this.#events = new ProviderEvents({ ...options, table: this.table, mark: options.eventMark });
    const deps: PodDeps = {
      ...options,
      table: this.table,
      active,
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
        tellFailedPulls(this.#options.events, this.table.get(message.observation.uid), message.observation);
        return this.table.takeObservation(message.observation);
      case "event":
        return this.#events.take(message.event);
      case "forgotten":
        return this.table.takeForgotten(message.uid);
      default:
        if (this.#provider.take(message)) this.recheck();
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for await (const event of this.#options.source.watch(signal)) {
      this.table.takeApi(event);
      if (event.kind === "list") this.#events.takeList();
    }
  }
}
