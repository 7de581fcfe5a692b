/** All pods of the node: what the API and the provider say goes into the table, what that concerns goes into the queue. */
import type { Runnable } from "../../lifecycle/runnable.js";
import type { PodSource } from "../../ports/pods.js";
import type { ProviderEventMessage, ProviderInfo, ProviderNode } from "../../ports/provider.js";
import { createWorkQueue } from "../work-queue.js";
import type { PodDeps, ProviderView } from "./deps.js";
import { createReconciler } from "./reconciler.js";
import { PodTable } from "./table.js";
import { toEventDraft } from "./provider-event.js";

const BACKOFF_MS = { first: 200, longest: 10_000 };
/** Pods worked on at once. */
const CONCURRENCY = 64;

/** Everything of PodDeps that the controller does not make itself. */
export type PodControllerOptions = Omit<PodDeps, "table" | "view"> & { readonly source: PodSource };

/** The pod half of the gateway. */
export interface PodController {
  readonly table: PodTable;
  /** Takes a message of the provider's session. */
  takeProvider(message: ProviderEventMessage): void;
  /** The watch of the API and the workers, to be run. */
  readonly runnables: readonly Runnable[];
}

/** Creates the controller. */
export function createPodController(options: PodControllerOptions): PodController {
  const { clock, logger } = options;
  let info: ProviderInfo | undefined;
  let node: ProviderNode | undefined;
  let snapshotSeen = false;

  const table = new PodTable((uid) => queue.add(uid));
  const deps: PodDeps = { ...options, table, view };
  const queue = createWorkQueue({
    clock,
    concurrency: CONCURRENCY,
    work: createReconciler(deps),
    backoffMs: BACKOFF_MS,
    onError: (uid, err, retryMs) => logger.debug({ uid, err, retryMs }, "pod not settled, will retry"),
  });

  function view(): ProviderView | undefined {
    if (info === undefined || !snapshotSeen) return undefined;
    return { info, node, creating: mustStopFirst() ? "held" : "allowed" };
  }

  let stopFirst: ReadonlySet<string> = new Set();
  /** After an epoch change every terminating pod is stopped again before any pod is created. */
  function mustStopFirst(): boolean {
    if (stopFirst.size === 0) return false;
    stopFirst = new Set([...stopFirst].filter((uid) => isUnstopped(uid)));
    return stopFirst.size > 0;
  }

  function isUnstopped(uid: string): boolean {
    const record = table.get(uid);
    return (
      record?.api?.metadata.deletionTimestamp !== undefined &&
      record.stopAccepted === undefined &&
      record.observation?.stage !== "ended"
    );
  }

  function takeProvider(message: ProviderEventMessage): void {
    switch (message.kind) {
      case "session":
        if (info?.instanceId !== message.info.instanceId) table.requireReads();
        info = message.info;
        return;
      case "node":
        return takeNode(message.node);
      case "snapshot":
        snapshotSeen = true;
        if (message.epochChanged) stopFirst = new Set([...table.all()].map((record) => record.uid));
        return table.takeSnapshot(message);
      case "observation":
        return table.takeObservation(message.observation);
      case "event":
        return takeEvent(message.event);
      case "forgotten":
        return table.takeForgotten(message.uid);
      case "lost":
      case "ended":
        info = undefined;
        snapshotSeen = false;
        return;
    }
  }

  function takeNode(next: ProviderNode): void {
    const waited = node?.facts === undefined || !node.inventoryComplete || node.state === "broken";
    node = next;
    if (waited) for (const record of table.all()) queue.add(record.uid);
  }

  function takeEvent(event: Extract<ProviderEventMessage, { kind: "event" }>["event"]): void {
    const record = table.get(event.uid);
    if (record?.lastApi === undefined || event.seq <= record.eventSeq) return;
    record.eventSeq = event.seq;
    options.events.record(toEventDraft(event, record.lastApi));
  }

  const watch: Runnable = {
    name: "pod watch",
    run: async (signal) => {
      try {
        for await (const event of options.source.watch(signal)) table.takeApi(event);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
  return { table, takeProvider, runnables: [watch, { name: "pod workers", run: (signal) => queue.run(signal) }] };
}
