/** The engine's events, for as long as the provider runs: connects, looks at everything, listens; again after a break. */
import { type Clock, type Owner, sleep } from "@outboard/provider-sdk";
import type { Connection } from "../api/connection.js";
import { jsonLines } from "../api/json-lines.js";
import type { EngineEvent } from "../api/objects.js";
import { ownerFilter } from "../plan/labels.js";
import type { Instances } from "./instances.js";
import { unlessLate } from "./patience.js";

const RETRY_MS = 1000;
/** Everything is listed so often, should an event have been lost. */
const LOOK_MS = 10_000;
/** The engine's clock may be this far behind ours. */
const MARGIN_MS = 2000;
const DEATHS: readonly string[] = ["die", "died"];
const ENDS: readonly string[] = [...DEATHS, "destroy", "remove"];

export interface WatchTools {
  readonly connection: Connection;
  readonly instances: Instances;
  readonly clock: Clock;
  readonly owner: Owner;
  /** Told when the engine answers, and with false when it does not. */
  readonly onReach: (isThere: boolean) => void;
}

/** Resolves when the signal is aborted. */
export async function watchEngine(tools: WatchTools, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const round = new AbortController();
    const stop = (): void => round.abort();
    signal.addEventListener("abort", stop);
    try {
      await watchOnce(tools, round.signal);
    } catch {
      if (!signal.aborted) tools.onReach(false);
    } finally {
      round.abort();
      signal.removeEventListener("abort", stop);
    }
    await sleep(tools.clock, RETRY_MS, signal).catch(() => {}); // aborted: the loop ends
  }
}

/** Events are asked for from before the look on, so that nothing falls between them. */
async function watchOnce(tools: WatchTools, signal: AbortSignal): Promise<void> {
  const { connection, clock } = tools;
  await connection.negotiate();
  tools.onReach(true);
  const since = Math.floor((clock.now() - MARGIN_MS) / 1000);
  const listening = listen(tools, since, signal);
  const looking = lookAgain(tools, signal);
  await Promise.race([listening, looking]);
}

async function listen({ connection, instances, owner }: WatchTools, since: number, signal: AbortSignal): Promise<void> {
  const filters = JSON.stringify({ type: ["container"], label: ownerFilter(owner) });
  const query = new URLSearchParams({ since: String(since), filters });
  const stream = await connection.stream({ method: "GET", path: `/events?${query.toString()}`, signal });
  for await (const event of jsonLines<EngineEvent>(stream)) {
    const id = event.Actor?.ID;
    if (id === undefined || !ENDS.includes(actionOf(event))) continue;
    // A failure shows at the next look.
    void instances.died(id, exitCodeOf(event)).catch(() => {});
  }
}

function actionOf({ Action, status }: EngineEvent): string {
  return Action ?? status ?? "";
}

function exitCodeOf(event: EngineEvent): number | undefined {
  const text = event.Actor?.Attributes?.["exitCode"];
  return text === undefined || !DEATHS.includes(actionOf(event)) ? undefined : Number(text);
}

async function lookAgain({ instances, clock, owner }: WatchTools, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    // That the engine is away the events tell.
    await unlessLate(clock, look(instances, owner)).catch(() => {});
    await sleep(clock, LOOK_MS, signal);
  }
}

/** Whatever is not listed as running may have ended. One that is not answered for is looked at again. */
async function look(instances: Instances, owner: Owner): Promise<void> {
  const listed = await instances.query(owner);
  const running = new Set(listed.filter(({ summary }) => summary.State === "running").map(({ id }) => id));
  for (const id of instances.knownIds()) if (!running.has(id)) void instances.settle(id).catch(() => {});
}
