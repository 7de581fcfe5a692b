/** What is known of the provider, from its session's messages. */
import { isTerminal } from "../../domain/pod-plan.js";
import type { ProviderEventMessage, ProviderInfo, ProviderNode } from "../../ports/provider.js";
import type { ProviderView } from "./deps.js";
import { latestOf } from "./record.js";
import type { PodTable } from "./table.js";

type Message = Exclude<ProviderEventMessage, { kind: "observation" | "event" | "forgotten" }>;

/** The state; one session at a time. */
export class ProviderState {
  readonly #table: PodTable;
  #info: ProviderInfo | undefined;
  #instance = "";
  #node: ProviderNode | undefined;
  #snapshotSeen = false;
  /** UIDs that may have to be stopped again after an epoch change, before any pod is created. */
  readonly #stopFirst = new Set<string>();

  constructor(table: PodTable) {
    this.#table = table;
  }

  /** undefined before the first facts and the first snapshot of a session. */
  view(): ProviderView | undefined {
    if (this.#info === undefined || this.#node?.facts === undefined || !this.#snapshotSeen) return undefined;
    return { info: this.#info, node: this.#node, creating: this.#mustStopFirst() ? "held" : "allowed" };
  }

  /** Scheme of container ids; kept while the provider is away. */
  runtimeName(): string {
    return this.#node?.facts?.runtimeName ?? "";
  }

  /** Takes a message; true: every pod should be looked at. */
  take(message: Message): boolean {
    switch (message.kind) {
      case "session":
        return this.#takeSession(message.info);
      case "node":
        return this.#takeNode(message.node);
      case "snapshot":
        this.#snapshotSeen = true;
        this.#table.takeSnapshot(message);
        if (message.epochChanged) this.#noteUnstopped();
        return true;
      case "lost":
      case "ended":
        this.#info = undefined;
        this.#snapshotSeen = false;
        return false;
    }
  }

  #takeSession(info: ProviderInfo): boolean {
    if (this.#instance !== "" && this.#instance !== info.instanceId) this.#table.requireReads();
    this.#instance = info.instanceId;
    this.#info = info;
    this.#snapshotSeen = false;
    return false;
  }

  #takeNode(next: ProviderNode): boolean {
    const before = this.#node;
    const facts = next.facts ?? before?.facts;
    this.#node = facts === undefined ? next : { ...next, facts };
    return (
      before?.facts === undefined || before.inventoryComplete !== next.inventoryComplete || before.state !== next.state
    );
  }

  #noteUnstopped(): void {
    this.#stopFirst.clear();
    for (const { uid } of this.#table.all()) if (this.#isUnstopped(uid)) this.#stopFirst.add(uid);
  }

  /** Asked several times per pod: looks no further than the first that keeps others waiting. */
  #mustStopFirst(): boolean {
    for (const uid of this.#stopFirst) {
      if (this.#isUnstopped(uid)) return true;
      this.#stopFirst.delete(uid);
    }
    return false;
  }

  #isUnstopped(uid: string): boolean {
    const record = this.#table.get(uid);
    const api = record?.api;
    const terminating = api?.metadata.deletionTimestamp !== undefined && !isTerminal(api);
    return (
      terminating && record !== undefined && record.stopAccepted === undefined && latestOf(record)?.stage !== "ended"
    );
  }
}
