/** One WatchPods call: snapshot, then changes, with a watchdog over the heartbeats. */
import type { WatchPodsResponse } from "@outboard/contract";
import type { Clock } from "../ports/clock.js";
import { type ProviderEventMessage, ProviderError } from "../ports/provider.js";
import { type Connection, inSession } from "./connection.js";
import { toRequiredError } from "./errors.js";
import { fromEvent, fromObservation } from "./map.js";
import type { OpenSession } from "./open-session.js";

/** Three heartbeats of at most 10 s. */
const SILENCE_MS = 30_000;

/** Which call, and where its messages go. */
export interface WatchOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly session: OpenSession;
  readonly snapshotOnly: boolean;
  /** Told of the epoch of each snapshot that ended; true when it differs from the one before. */
  readonly onEpoch: (epoch: string) => boolean;
  /** Told that the provider said something, heartbeats too. */
  readonly onSign?: () => void;
  readonly onMessage: (message: ProviderEventMessage) => void;
}

/** Reads the stream to its end. @throws (rejects) when it breaks or stays silent */
export async function watchPods(options: WatchOptions): Promise<void> {
  const { connection, clock, session, snapshotOnly } = options;
  const watchdog = new Watchdog(clock, session.signal);
  const reader = new SnapshotReader(options);
  try {
    const stream = connection.pods.watchPods({ snapshotOnly }, inSession(session.id, watchdog.signal));
    for await (const message of stream) {
      session.signal.throwIfAborted();
      watchdog.heard();
      options.onSign?.();
      reader.take(message);
    }
  } catch (error) {
    session.signal.throwIfAborted();
    throw toRequiredError(error, "PodService.WatchPods");
  } finally {
    await watchdog.stop();
  }
}

/** Turns the messages of one stream into ours. */
class SnapshotReader {
  readonly #options: WatchOptions;
  readonly #openedAt: number;
  readonly #uids = new Set<string>();
  #epoch = "";

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#openedAt = options.clock.now();
  }

  take({ event }: WatchPodsResponse): void {
    const { onMessage } = this.#options;
    switch (event?.$case) {
      case "snapshotBegin":
        this.#epoch = event.value.epoch;
        return;
      case "observation":
        return this.#takeObservation(event.value);
      case "snapshotEnd":
        return this.#end(event.value.complete);
      case "podEvent":
        return onMessage({ kind: "event", event: fromEvent(event.value) });
      case "podForgotten":
        return onMessage({ kind: "forgotten", uid: event.value.uid });
      default: // heartbeat, or of a later revision
    }
  }

  #takeObservation(wire: Parameters<typeof fromObservation>[0]): void {
    const observation = fromObservation(wire);
    if (observation === undefined) return;
    this.#uids.add(observation.uid);
    this.#options.onMessage({ kind: "observation", observation });
  }

  /** The epoch counts from here: a stream that breaks before leaves the change to be told by the next one. */
  #end(complete: boolean): void {
    const epochChanged = this.#options.onEpoch(this.#epoch);
    this.#options.onMessage({
      kind: "snapshot",
      uids: new Set(this.#uids),
      complete,
      openedAt: this.#openedAt,
      epochChanged,
    });
  }
}

/** Aborts its signal when nothing has been heard for too long. */
class Watchdog {
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #silent = new AbortController();
  readonly #watching: Promise<void>;
  #heardAt: number;

  constructor(clock: Clock, parent: AbortSignal) {
    this.#clock = clock;
    this.#heardAt = clock.now();
    this.signal = AbortSignal.any([parent, this.#silent.signal]);
    this.#watching = this.#watch().catch(() => {}); // its sleep is aborted when the stream is over
  }

  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  async stop(): Promise<void> {
    this.#silent.abort(new Error("the stream is over"));
    await this.#watching;
  }

  async #watch(): Promise<void> {
    for (;;) {
      const restMs = this.#heardAt + SILENCE_MS - this.#clock.now();
      if (restMs <= 0) break;
      await this.#clock.sleep(restMs, this.signal);
    }
    this.#silent.abort(new ProviderError("the provider has been silent for 30 s"));
  }
}
