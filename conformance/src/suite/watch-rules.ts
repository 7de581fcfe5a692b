/** Rules over the messages of WatchPods streams. */
import { type PodEvent, type PodObservation, PodStage, type WatchPodsResponse } from "@outboard/contract";
import type { ClauseId } from "../clauses/registry.js";
import type { FailureCode } from "./failure.js";

type Report = (clause: ClauseId, code: FailureCode, message: string) => void;

interface Stream {
  hasSnapshot: boolean;
  readonly pods: Map<string, PodObservation>;
  readonly forgotten: Set<string>;
  readonly seqs: Map<string, bigint>;
}

/** Watches every stream of a run. */
export class WatchRules {
  readonly #report: Report;
  readonly #streams = new WeakMap<object, Stream>();

  constructor(report: Report) {
    this.#report = report;
  }

  message({ event }: WatchPodsResponse, call: object): void {
    const stream = this.#streamOf(call);
    if (event?.$case === "snapshotEnd") stream.hasSnapshot = true;
    if (event?.$case === "observation") this.#observation(stream, event.value);
    if (event?.$case === "podEvent") this.#podEvent(stream, event.value);
    if (event?.$case === "podForgotten") this.#forgotten(stream, event.value.uid);
  }

  #streamOf(call: object): Stream {
    const stream = this.#streams.get(call) ?? {
      hasSnapshot: false,
      pods: new Map<string, PodObservation>(),
      forgotten: new Set<string>(),
      seqs: new Map<string, bigint>(),
    };
    this.#streams.set(call, stream);
    return stream;
  }

  #observation(stream: Stream, pod: PodObservation): void {
    const before = stream.pods.get(pod.uid);
    if (before !== undefined && pod.revision <= before.revision) {
      this.#report("WATCH-15", "order", `pod ${pod.uid}: revision ${pod.revision} came after ${before.revision}`);
    }
    if (stream.forgotten.has(pod.uid)) {
      this.#report("WATCH-08", "unexpected", `pod ${pod.uid}: an observation came after pod_forgotten`);
    }
    stream.pods.set(pod.uid, pod);
  }

  #podEvent(stream: Stream, event: PodEvent): void {
    if (!stream.hasSnapshot) this.#report("WATCH-05", "early", `pod ${event.uid}: an event came before snapshot_end`);
    const before = stream.seqs.get(event.uid);
    if (before !== undefined && event.seq <= before) {
      this.#report("EVENT-01", "order", `pod ${event.uid}: event ${event.seq} came after ${before}`);
    }
    stream.seqs.set(event.uid, event.seq);
    const isNamed = /^[A-Z][A-Za-z0-9]*$/.test(event.reason) && event.time !== undefined && event.uid !== "";
    if (!isNamed) this.#report("EVENT-02", "wrong-value", `pod ${event.uid}: event "${event.reason}" is not complete`);
  }

  #forgotten(stream: Stream, uid: string): void {
    if (!stream.hasSnapshot) this.#report("WATCH-05", "early", `pod ${uid}: pod_forgotten came before snapshot_end`);
    const last = stream.pods.get(uid);
    if (last !== undefined && last.stage !== PodStage.ENDED) {
      this.#report("WATCH-16", "missing", `pod ${uid}: forgotten without an observation of its end`);
    }
    stream.forgotten.add(uid);
  }
}
