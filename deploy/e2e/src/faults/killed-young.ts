// Real processes hear no TERM before they ask for it: one that comes in their first moments is lost, and they are killed
// when the grace period is over, as with every kubelet. Pure.

import type { ContainerState, Pod } from "../support/objects.js";
import { type Fate, KILLED, MAIN } from "./fates.js";
import type { Seen } from "./history.js";

/** How long a process on a busy machine may take until it listens. */
const YOUNG_SECONDS = 6;

export function isKilledYoung({ terminated }: ContainerState, { graceSeconds }: Fate): boolean {
  const { exitCode, startedAt = "", finishedAt = "" } = terminated ?? {};
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000; // whole ones
  return exitCode === KILLED && seconds >= graceSeconds - 1 && seconds <= graceSeconds + YOUNG_SECONDS;
}

/** Numbers of the instances that were shown to have ended so. */
export function killedYoung(seen: readonly Seen[], fate: Fate): ReadonlySet<number> {
  return new Set(seen.flatMap(({ pod }) => [...instancesIn(pod, fate)]));
}

function* instancesIn({ status }: Pod, fate: Fate): Generator<number> {
  for (const { name, restartCount, state = {}, lastState = {} } of status?.containerStatuses ?? []) {
    if (name !== MAIN) continue;
    if (isKilledYoung(state, fate)) yield restartCount;
    if (isKilledYoung(lastState, fate)) yield state.waiting === undefined ? restartCount - 1 : restartCount;
  }
}
