/** One WatchPods call: snapshot, then changes, with a watchdog over the heartbeats. */
import type { WatchPodsResponse } from "@outboard/contract";
import type { Clock } from "../ports/clock.js";
import type { ProviderEventMessage } from "../ports/provider.js";
import { type Connection, inSession } from "./connection.js";
import { fromEvent, fromObservation } from "./map.js";
import type { OpenSession } from "./session.js";

/** Three heartbeats of at most 10 s. */
const SILENCE_MS = 30_000;

/** Which call, and where its messages go. */
export interface WatchOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly session: OpenSession;
  readonly snapshotOnly: boolean;
  /** Told of the stream's epoch; true when it differs from the one before. */
  readonly onEpoch: (epoch: string) => boolean;
  readonly onMessage: (message: ProviderEventMessage) => void;
}

/** Reads the stream to its end. Rejects when it breaks or stays silent. */
export async function watchPods(options: WatchOptions): Promise<void> {
  const { connection, clock, session } = options;
  const silent = new AbortController();
  const signal = AbortSignal.any([session.signal, silent.signal]);
  let heardAt = clock.now();
  const watchdog = watchSilence(clock, signal, () => heardAt, silent);
  const snapshot = { uids: new Set<string>(), openedAt: clock.now(), epochChanged: false };
  try {
    const stream = connection.pods.watchPods({ snapshotOnly: options.snapshotOnly }, inSession(session.id, signal));
    for await (const message of stream) {
      heardAt = clock.now();
      take(message, snapshot, options);
    }
  } finally {
    silent.abort(new Error("the watch is over"));
    await watchdog;
  }
}

interface Snapshot {
  readonly uids: Set<string>;
  readonly openedAt: number;
  epochChanged: boolean;
}

function take({ event }: WatchPodsResponse, snapshot: Snapshot, { onEpoch, onMessage }: WatchOptions): void {
  switch (event?.$case) {
    case "snapshotBegin":
      snapshot.epochChanged = onEpoch(event.value.epoch);
      return;
    case "observation": {
      const observation = fromObservation(event.value);
      if (observation === undefined) return;
      snapshot.uids.add(observation.uid);
      return onMessage({ kind: "observation", observation });
    }
    case "snapshotEnd":
      return onMessage({ kind: "snapshot", complete: event.value.complete, ...snapshot });
    case "podEvent":
      return onMessage({ kind: "event", event: fromEvent(event.value) });
    case "podForgotten":
      return onMessage({ kind: "forgotten", uid: event.value.uid });
    default: // heartbeat, or of a later revision
  }
}

async function watchSilence(
  clock: Clock,
  signal: AbortSignal,
  heardAt: () => number,
  silent: AbortController,
): Promise<void> {
  try {
    for (;;) {
      const restMs = heardAt() + SILENCE_MS - clock.now();
      if (restMs <= 0) return silent.abort(new Error("the provider has been silent for 30 s"));
      await clock.sleep(restMs, signal);
    }
  } catch {
    // the watch is over
  }
}
