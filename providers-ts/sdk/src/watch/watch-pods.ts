/** The WatchPods RPC: a snapshot, the kept events, then what changes, with a heartbeat all along. */
import type { CallContext, PodObservation, WatchPodsRequest, WatchPodsResponse } from "@outboard/contract";
import type { Core } from "../core.js";
import type { Session } from "../session/sessions.js";
import type { Subscription } from "./hub.js";
import type { WatchMessage } from "./pending.js";

/** Time between heartbeats, milliseconds; the contract allows 10 s at most. */
const HEARTBEAT_MS = 5_000;

/** Serves one watch until its reader, its session or the server ends it. */
export async function* watchPods(
  core: Core,
  session: Session,
  { snapshotOnly }: WatchPodsRequest,
  context: CallContext,
): AsyncGenerator<WatchPodsResponse> {
  const signal = AbortSignal.any([session.ended, context.stopping, context.signal]);
  using subscription = core.hub.subscribe();
  using heart = new Heart(core, subscription);
  signal.addEventListener("abort", () => subscription.wake(), { once: true });
  for await (const event of messages(core, subscription, snapshotOnly)) {
    signal.throwIfAborted();
    if (heart.isDue()) yield { event: { $case: "heartbeat", value: {} } };
    signal.throwIfAborted();
    if (event !== "woken") yield { event };
  }
}

async function* messages(
  core: Core,
  live: Subscription,
  snapshotOnly: boolean,
): AsyncGenerator<WatchMessage | "woken"> {
  yield* snapshot(core, snapshotOnly);
  if (snapshotOnly) return;
  for (;;) {
    const next = live.take();
    if (next === undefined) await live.wait();
    yield next ?? "woken";
  }
}

/** The pods as they are when the call is opened; changes after that wait in the subscription. */
function* snapshot(core: Core, snapshotOnly: boolean): Generator<WatchMessage> {
  const { complete, epoch } = core.pods;
  const known = [...core.pods.pods()];
  const observations = known.map((pod) => pod.observation);
  const events = snapshotOnly ? [] : known.map((pod) => pod.events);
  yield { $case: "snapshotBegin", value: { epoch } };
  for (const value of observations) if (isKnown(core, value)) yield { $case: "observation", value };
  yield { $case: "snapshotEnd", value: { complete } };
  for (const value of events.flat()) yield { $case: "podEvent", value };
}

function isKnown(core: Core, { uid }: PodObservation): boolean {
  return core.pods.find(uid).kind === "known";
}

/** Beats every few seconds, and wakes the watch for it. */
class Heart implements Disposable {
  #due = false;
  #cancel: () => void;

  constructor(core: Core, subscription: Subscription) {
    const beat = () => {
      this.#due = true;
      this.#cancel = core.clock.after(HEARTBEAT_MS, beat);
      subscription.wake();
    };
    this.#cancel = core.clock.after(HEARTBEAT_MS, beat);
  }

  isDue(): boolean {
    const due = this.#due;
    this.#due = false;
    return due;
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }
}
