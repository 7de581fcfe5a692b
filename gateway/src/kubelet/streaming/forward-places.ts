/** Forwarded connections take places among the provider's streams; when all are taken they wait: a refusal would end them all. */
import type { KubeletMetrics } from "../metrics.js";
import type { StreamSlots } from "../stream-slots.js";
import { type ForwardClient, relay, type RelayOptions } from "./forward.js";

/** Where places come from, and who counts. */
export interface ForwardPlaces extends RelayOptions {
  readonly slots: StreamSlots;
  readonly metrics: KubeletMetrics;
}

const NAME = "portForward";
const WAIT_MS = 30_000;

/** Relays one connection once there is a place. Never rejects. */
export async function forwardOne(client: ForwardClient, places: ForwardPlaces): Promise<void> {
  const release = await waitForPlace(places);
  if (release === undefined) {
    const text = `all ${places.slots.limit()} streams of this node are in use`;
    return client.refuse(places.signal.aborted ? "the gateway is stopping" : text);
  }
  places.metrics.streamOpened(NAME);
  try {
    await relay(client, places);
  } finally {
    places.metrics.streamClosed(NAME);
    release();
  }
}

async function waitForPlace({ slots, clock, signal }: ForwardPlaces): Promise<(() => void) | undefined> {
  const late = new AbortController();
  const found = new AbortController();
  const abort = (): void => late.abort();
  clock.sleep(WAIT_MS, AbortSignal.any([signal, found.signal])).then(abort, abort);
  try {
    return await slots.wait(late.signal);
  } finally {
    found.abort();
  }
}
