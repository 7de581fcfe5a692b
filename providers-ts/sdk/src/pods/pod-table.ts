/**
 * Every pod that the process knows: its last observation, kept events and counters; and the tombstones of those that it
 * knows no more. Numbers observations and events, and tells the watches.
 */
import { randomBytes } from "node:crypto";
import { type PodEvent, type PodObservation, PodStage, type StopReason } from "@outboard/contract";
import type { Logger } from "pino";
import type { Clock } from "../clock/clock.js";
import { type Fitted, fitEvent, fitObservation } from "../fit.js";
import type { EventDraft, ObservationDraft } from "../provider.js";
import { same } from "../same.js";
import type { WatchHub } from "../watch/hub.js";
import { Tombstones } from "./tombstones.js";

/** Events that are kept of each pod. */
const MAX_EVENTS = 64;

/** A pod that is known. */
export interface KnownPod {
  observation: PodObservation;
  events: readonly PodEvent[];
  seq: bigint;
  /** Earliest end time that a StopPod asked for, milliseconds since 1970, and its first reason. */
  stop?: { readonly endAt: number; readonly reason: StopReason };
}

/** What is known of a UID. */
export type LookUp =
  | { readonly kind: "known"; readonly pod: KnownPod }
  | { readonly kind: "buried" }
  | { readonly kind: "absent" }
  | { readonly kind: "uncertain" };

/** The table. */
export class PodTable {
  /** Revisions and event numbers count within it: random for each process. */
  readonly epoch: string = randomBytes(12).toString("base64url");
  readonly #pods = new Map<string, KnownPod>();
  readonly #tombstones = new Tombstones();
  readonly #clock: Clock;
  readonly #hub: WatchHub;
  readonly #log: Logger;
  #complete = false;

  constructor(clock: Clock, hub: WatchHub, log: Logger) {
    this.#clock = clock;
    this.#hub = hub;
    this.#log = log;
  }

  /** True when every pod of the owner is in the table. */
  get complete(): boolean {
    return this.#complete;
  }

  setComplete(complete: boolean): void {
    this.#complete = complete;
  }

  find(uid: string): LookUp {
    const pod = this.#pods.get(uid);
    if (pod !== undefined) return { kind: "known", pod };
    if (this.#tombstones.stands(uid, this.#clock.now())) return { kind: "buried" };
    return { kind: this.#complete ? "absent" : "uncertain" };
  }

  pods(): Iterable<KnownPod> {
    return this.#pods.values();
  }

  /** Takes an observation; drops one that says nothing new, and one of a pod that was released. */
  publish(wanted: ObservationDraft): void {
    const draft = this.#fitted(wanted.uid, fitObservation(wanted));
    if (draft === undefined) return;
    const observedAt = draft.observedAt ?? new Date(this.#clock.now());
    const known = this.#pods.get(draft.uid);
    if (known === undefined) {
      this.#publishFirst({ ...draft, observedAt });
      return;
    }
    const { epoch, revision } = known.observation;
    const next: PodObservation = { ...draft, observedAt, epoch, revision };
    if (same({ ...known.observation, observedAt }, next)) {
      known.observation = next;
      return;
    }
    known.observation = { ...next, revision: revision + 1n };
    this.#hub.observation(known.observation);
  }

  /** Takes an event of a known pod. */
  event(wanted: EventDraft): void {
    const known = this.#pods.get(wanted.uid);
    const draft = known === undefined ? undefined : this.#fitted(wanted.uid, fitEvent(wanted));
    if (known === undefined || draft === undefined) return;
    known.seq += 1n;
    const event: PodEvent = { ...draft, time: draft.time ?? new Date(this.#clock.now()), seq: known.seq };
    known.events = [...known.events, event].slice(-MAX_EVENTS);
    this.#hub.event(event);
  }

  /** Sets or renews a tombstone of a UID under which no pod is known. */
  bury(uid: string): void {
    this.#tombstones.bury(uid, this.#clock.now());
  }

  /** Forgets a released pod; a tombstone remains. */
  release(uid: string): void {
    const known = this.#pods.get(uid);
    if (known === undefined) return;
    this.#forget(uid, known);
    this.#hub.forgotten(uid);
  }

  /** Forgets an ended pod that its backend has forgotten: watches hear nothing of it. */
  expire(uid: string): void {
    const known = this.#pods.get(uid);
    if (known !== undefined && hasEnded(known)) this.#forget(uid, known);
  }

  #forget(uid: string, { observation, seq }: KnownPod): void {
    this.#pods.delete(uid);
    this.#tombstones.bury(uid, this.#clock.now(), { revision: observation.revision, seq });
  }

  #fitted<T>(uid: string, fitted: Fitted<T>): T | undefined {
    if (fitted.kind === "fits") return fitted.value;
    this.#log.warn({ uid, problem: fitted.problem }, "message over its limits was dropped");
    return undefined;
  }

  #publishFirst(draft: ObservationDraft): void {
    if (this.#tombstones.stands(draft.uid, this.#clock.now())) return;
    const { revision, seq } = this.#tombstones.counters(draft.uid);
    const observation: PodObservation = { ...draft, epoch: this.epoch, revision: revision + 1n };
    this.#pods.set(draft.uid, { observation, events: [], seq });
    this.#hub.observation(observation);
  }
}

/** True once nothing of the pod runs and nothing will. */
export function hasEnded(pod: KnownPod): boolean {
  return pod.observation.stage === PodStage.ENDED;
}
