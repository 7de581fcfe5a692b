/** All pods of the node by UID: takes what the API and the provider say, and tells which UIDs that concerns. */
import type { Pod } from "../../domain/kubernetes.js";
import { canMerge, keepsEnds } from "../../domain/observation-order.js";
import type { PodObservation } from "../../domain/observation.js";
import type { PodSourceEvent } from "../../ports/pods.js";
import { LeanPods } from "./lean-pods.js";
import { createRecord, latestOf, type PodRecord } from "./record.js";

/** Most observations kept in order per pod (CONTRACT §4). */
const MOST_PENDING = 16;
const MIRROR_ANNOTATION = "kubernetes.io/config.mirror";

/** A snapshot of the provider. */
export interface Snapshot {
  readonly uids: ReadonlySet<string>;
  readonly complete: boolean;
  readonly openedAt: number;
  readonly epochChanged: boolean;
}

/** The table. `changed` is told of every UID that something happened to. */
export class PodTable {
  readonly #records = new Map<string, PodRecord>();
  readonly #changed: (uid: string) => void;
  readonly #lean = new LeanPods();
  #listed = false;
  /** The last complete snapshot: it counts once there is a complete list. */
  #snapshot: Snapshot | undefined;

  constructor(changed: (uid: string) => void) {
    this.#changed = changed;
  }

  /** A complete list has been taken. */
  get listed(): boolean {
    return this.#listed;
  }

  get(uid: string): PodRecord | undefined {
    return this.#records.get(uid);
  }

  all(): IterableIterator<PodRecord> {
    return this.#records.values();
  }

  forget(uid: string): void {
    this.#records.delete(uid);
    this.#changed(uid);
  }

  /** Takes an event of the API. */
  takeApi(event: PodSourceEvent): void {
    switch (event.kind) {
      case "list":
        return this.#takeList(event.pods);
      case "set":
        return this.setApi(event.pod);
      case "gone":
        return this.#takeGone(event.pod.metadata.uid, event.pod);
      case "lost":
        return;
    }
  }

  /**
   * Takes the newest state of an API object; older ones, such as late echoes of our own writes, are dropped. The one that is
   * known already is no news: a read before each try must not bring the next try forward.
   */
  setApi(pod: Pod): void {
    if (pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return;
    const record = this.#recordOf(pod.metadata.uid);
    if (record.goneConfirmed || isKnown(pod, record.api)) return;
    if (record.lastApi === undefined && pod.status?.startTime !== undefined) {
      record.startTime = pod.status.startTime;
      record.acknowledgedBefore = record.create === "none" && record.verdict === undefined;
    }
    record.startTime ??= pod.status?.startTime;
    record.api = this.#lean.pod(pod, record.lastApi);
    record.lastApi = record.api;
    this.#changed(record.uid);
  }

  /** Marks an API object as gone, by a DELETED event or a live read. */
  setGone(uid: string): void {
    const record = this.#records.get(uid);
    if (record === undefined) return;
    record.api = undefined;
    record.goneConfirmed = true;
    this.#changed(uid);
  }

  /** Takes an observation; equal or older revisions of the same epoch are dropped. */
  takeObservation(said: PodObservation): void {
    const record = this.#recordOf(said.uid);
    const last = latestOf(record);
    if (last !== undefined && last.epoch === said.epoch && said.revision <= last.revision) return;
    const observation = this.#lean.observation(said, last);
    record.absence = "unknown";
    if (record.create === "none") record.acknowledgedBefore = true; // by an earlier process's call
    if (observation.stage === "stopping" || observation.stage === "ended") record.holdReason = undefined;
    const previous = record.pending.at(-1);
    if (previous !== undefined && canMerge(previous, observation, record.api?.status))
      record.pending[record.pending.length - 1] = observation;
    else record.pending.push(observation);
    if (record.pending.length > MOST_PENDING) record.pending.splice(leastOf(record.pending), 1);
    this.#changed(record.uid);
  }

  /** Concludes from a snapshot which pods may be absent. */
  takeSnapshot(snapshot: Snapshot): void {
    this.#snapshot = snapshot.complete ? snapshot : undefined;
    for (const record of this.#records.values()) {
      if (snapshot.epochChanged) {
        record.stopAccepted = undefined;
        record.eventSeq = 0n;
        if (!snapshot.uids.has(record.uid) && !hasEnded(record)) forgetObservations(record); // what another epoch said is over
      }
      this.#suspect(record);
      this.#changed(record.uid);
    }
  }

  /** Marks a pod that the last complete snapshot lacks; an end that was told stays true, whatever the provider forgets. */
  #suspect(record: PodRecord): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined || snapshot.uids.has(record.uid) || hasEnded(record)) return;
    if (!this.#counts(record, snapshot.openedAt)) return;
    record.absence = "suspected";
    forgetObservations(record);
  }

  /** A new provider process has no tombstones: the API is read before any pod known until now is created. */
  requireReads(): void {
    for (const record of this.#records.values()) {
      record.mustRead = true;
      if (record.create === "sent") record.create = "none"; // a call in flight died with the process
    }
  }

  /** The provider released the pod. */
  takeForgotten(uid: string): void {
    const record = this.#records.get(uid);
    if (record?.api === undefined) this.forget(uid);
  }

  /** Absence counts only for pods whose CreatePod was answered, or sent by an earlier process, before the snapshot was opened. */
  #counts(record: PodRecord, openedAt: number): boolean {
    const isUnanswered = record.create === "sent" && !record.acknowledgedBefore;
    if (!this.#listed || isUnanswered) return false;
    return record.create === "none" || record.createAnsweredAt < openedAt;
  }

  #takeList(pods: readonly Pod[]): void {
    const present = new Set(pods.map((pod) => pod.metadata.uid));
    for (const record of this.#records.values()) {
      if (record.api === undefined || present.has(record.uid)) continue;
      record.api = undefined; // gone as far as the list goes; a live read confirms it before anything is ended
      this.#changed(record.uid);
    }
    const first = !this.#listed;
    this.#listed = true;
    for (const pod of pods) this.setApi(pod);
    for (const record of this.#records.values()) {
      if (first) this.#suspect(record);
      this.#changed(record.uid);
    }
  }

  #takeGone(uid: string, pod: Pod): void {
    const record = this.#records.get(uid);
    if (record !== undefined) record.lastApi = pod;
    this.setGone(uid);
  }

  #recordOf(uid: string): PodRecord {
    const known = this.#records.get(uid);
    if (known !== undefined) return known;
    const record = createRecord(uid);
    this.#records.set(uid, record);
    return record;
  }
}

function isKnown(pod: Pod, known: Pod | undefined): boolean {
  if (known === undefined) return false;
  return BigInt(pod.metadata.resourceVersion) <= BigInt(known.metadata.resourceVersion);
}

function hasEnded(record: PodRecord): boolean {
  return latestOf(record)?.stage === "ended";
}

/** The first that hides no end of an instance when it is left out; else the oldest. */
function leastOf(pending: readonly PodObservation[]): number {
  const least = pending.findIndex((each, index) => {
    const next = pending[index + 1];
    return next !== undefined && keepsEnds(each, next);
  });
  return Math.max(0, least);
}

function forgetObservations(record: PodRecord): void {
  record.observation = undefined;
  record.pending = [];
}
