// Whether the pods are where they must come to by themselves. Pure.

import { createHash } from "node:crypto";
import type { Pod } from "../support/objects.js";
import { type Asked, MAIN, phaseOf } from "./fates.js";
import type { Ledger } from "./ledger.js";

/**
 * - begun: everything runs or has run
 * - updated: and shows what was changed
 * - over: what was deleted is gone, and what ends by itself has ended
 */
export interface Now {
  readonly stage: "begun" | "updated" | "over";
  readonly asked: ReadonlyMap<string, Asked>;
  readonly created: ReadonlyMap<string, string>;
  readonly pods: ReadonlyMap<string, Pod>;
  readonly ledger: Ledger;
}

export function isSettled(now: Now): boolean {
  return lateIn(now).length === 0;
}

/** The pods that are not there yet, and how they are. */
export function lateIn(now: Now): readonly string[] {
  return [...now.created].flatMap(([name, uid]) => {
    const asked = now.asked.get(name);
    if (asked === undefined) return [];
    const pod = now.pods.get(uid);
    const isThere = pod === undefined ? asked.isDeleted : !asked.isDeleted && isWhere(now, pod, asked);
    return isThere ? [] : [`${name}: ${pod === undefined ? "not seen" : shortOf(pod)}`];
  });
}

function isWhere({ stage, ledger }: Now, pod: Pod, { fate, imageChanges, config }: Asked): boolean {
  const wanted = phaseOf(fate);
  const phase = pod.status?.phase;
  if (wanted !== undefined) return stage === "over" ? phase === wanted : phase !== "Pending";
  const restarts = restartsOfReady(pod);
  if (restarts === undefined || phase !== "Running") return false;
  if (stage === "updated" && restarts !== imageChanges) return false;
  const held = ledger.get(pod.metadata.uid ?? "")?.volumes["config"];
  return config === undefined || held === undefined || held === createHash("sha256").update(config).digest("hex");
}

/** Undefined: it does not run, or is not ready. */
function restartsOfReady({ status }: Pod): number | undefined {
  const main = status?.containerStatuses?.find(({ name }) => name === MAIN);
  return main?.state?.running !== undefined && main.ready ? main.restartCount : undefined;
}

function shortOf({ status, metadata }: Pod): string {
  const { phase, containerStatuses } = status ?? {};
  const [main] = containerStatuses ?? [];
  const { restartCount, state } = main ?? {};
  return JSON.stringify({ phase, restartCount, state, deletion: metadata.deletionTimestamp });
}
