/** What a gateway holds: taken before an attack, and expected again after it. */
import { eventually } from "../../../testing/eventually.js";
import type { LiveMemory } from "./inspector.js";
import type { Target } from "./target.js";

/** At rest. */
export interface Footprint {
  readonly memory: LiveMemory;
  readonly sockets: number;
  readonly streams: number;
}

/**
 * Caches, compiled code and counters may grow by so much, bytes; a session that leaks is found by its sockets too. One more
 * connection to the provider may be open: that of the witness stays while later sessions have another.
 */
const SLACK = { heap: 12_000_000, outside: 6_000_000, sockets: 1 } as const;
const WITHIN_MS = 20_000;

export async function footprintOf(target: Target): Promise<Footprint> {
  return { memory: await target.liveMemory(), sockets: target.sockets(), streams: await target.openStreams() };
}

/** Waits until no more sockets and streams are open than before and the memory is free again. @throws with what stays */
export async function expectFootprint(target: Target, base: Footprint): Promise<void> {
  const areClosed = (): boolean => target.sockets() <= base.sockets + SLACK.sockets;
  await eventually(areClosed, "the sockets are closed", WITHIN_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${target.sockets()}, before ${base.sockets}`);
  });
  let now = await footprintOf(target);
  const isOver = (): boolean =>
    now.streams > base.streams ||
    now.memory.heap > base.memory.heap + SLACK.heap ||
    now.memory.outside > base.memory.outside + SLACK.outside;
  for (const end = performance.now() + WITHIN_MS; isOver() && performance.now() < end; )
    now = await footprintOf(target);
  if (isOver()) throw new Error(`the gateway holds ${JSON.stringify(now)}, before ${JSON.stringify(base)}`);
}
