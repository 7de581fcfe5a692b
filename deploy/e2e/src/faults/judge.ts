// Whether anything was lost, duplicated, wrongly failed or deleted, or told wrongly. Pure: a history of what the API showed,
// a ledger of what really ran, and what was asked of each pod; it answers with sentences.

import { createHash } from "node:crypto";
import type { Pod } from "../support/objects.js";
import { type Asked, codeOf, INIT, MAIN, phaseOf, startsOf } from "./fates.js";
import type { Seen } from "./history.js";
import { judgeHistory } from "./judge-history.js";
import { killedYoung } from "./killed-young.js";
import type { Entry, Ledger } from "./ledger.js";

export interface Evidence {
  readonly history: readonly Seen[];
  /** UIDs of pods of which changes may be missing. */
  readonly gapped: ReadonlySet<string>;
  readonly ledger: Ledger;
  /** By name; each pod once. */
  readonly asked: ReadonlyMap<string, Asked>;
  /** UIDs that the API gave, by name. */
  readonly created: ReadonlyMap<string, string>;
  /** Processes that outlived their pods. */
  readonly leftovers: readonly string[];
  /** False: it was given up half-way, for a reason that is told apart; what is missing at the end is no news. */
  readonly isOver: boolean;
  /** Every exit must have been shown, of instances before the last one too. */
  readonly showsAllExits: boolean;
}

const EVICTED = "DisruptionTarget DeletionByTaintManager";
const TERMINAL: ReadonlySet<string> = new Set(["Succeeded", "Failed"]);

/** What was violated; empty: nothing. */
export function judge(evidence: Evidence): readonly string[] {
  return [...judgeAll(evidence)];
}

function* judgeAll(evidence: Evidence): Generator<string> {
  const { history, ledger, asked, created, leftovers } = evidence;
  const byUid = Map.groupBy(history, ({ pod }) => pod.metadata.uid ?? "");
  const names = new Map([...created].map(([name, uid]) => [uid, name]));
  for (const uid of ledger.keys()) if (!names.has(uid)) yield `the backend had a pod of nobody: ${uid}`;
  for (const uid of byUid.keys()) if (!names.has(uid)) yield `the API showed a pod that nobody made: ${uid}`;
  for (const [name, uid] of created) {
    const order = asked.get(name);
    if (order === undefined) continue;
    const seen = byUid.get(uid) ?? [];
    const hasGaps = evidence.gapped.has(uid);
    for (const text of judgePod({ ...evidence, hasGaps }, order, seen, ledger.get(uid))) yield `${name}: ${text}`;
  }
  for (const leftover of leftovers) yield `left over: ${leftover}`;
}

interface OfPod extends Evidence {
  readonly hasGaps: boolean;
}

function* judgePod(evidence: OfPod, asked: Asked, seen: readonly Seen[], entry: Entry | undefined): Generator<string> {
  if (seen.length === 0) yield "lost: the API never showed it";
  yield* judgeHistory(seen, asked, { hasStarted: (entry?.starts.get(MAIN) ?? 0) > 0, isReal: entry?.isReal === true });
  if (evidence.isOver) {
    yield* judgeEnd(seen, asked, evidence.hasGaps);
    yield* judgeEviction(seen, asked);
  }
  const mayBeUnborn = asked.isDeleted && !hasRun(seen);
  if (entry === undefined) {
    if (!mayBeUnborn && evidence.isOver) yield "lost: the backend never had it";
    return;
  }
  yield* judgeRuns(entry, asked);
  yield* judgeExits(entry, asked);
  if (!evidence.isOver) return;
  yield* judgeCompleteness(entry, asked, { mayBeUnborn, seen });
  yield* judgeVolume(entry, asked);
  if (evidence.showsAllExits && !evidence.hasGaps && !asked.isForced) yield* judgeShown(seen, entry);
}

/** How the API showed its end. */
function* judgeEnd(seen: readonly Seen[], { fate, isDeleted, isForced }: Asked, hasGaps: boolean): Generator<string> {
  const last = seen.at(-1);
  if (last === undefined) return;
  if (isDeleted && last.type !== "DELETED") yield "was deleted, but its object is still there";
  const phase = last.pod.status?.phase ?? "Pending";
  const wanted = phaseOf(fate) ?? phase;
  if (phase !== wanted) yield `ended as ${phase}, not ${wanted}`;
  const isJudged = last.type === "DELETED" && !isForced && !hasGaps;
  if (!isJudged || !hasRun(seen)) return;
  if (!TERMINAL.has(phase)) yield `its object went while its phase was ${phase}`;
  if (endOf(last.pod) === undefined) yield "its object went without its exit code";
}

function* judgeEviction(seen: readonly Seen[], { fate }: Asked): Generator<string> {
  if (fate.isEvicted !== true) return;
  const conditions = seen.at(-1)?.pod.status?.conditions ?? [];
  const isMarked = conditions.some(({ type, reason }) => `${type} ${reason}` === EVICTED);
  if (!isMarked) yield "its status does not say any more why the cluster deleted it";
}

function hasRun(seen: readonly Seen[]): boolean {
  return seen.some(({ pod }) => pod.status?.phase === "Running");
}

function endOf(pod: Pod): number | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === MAIN)?.state?.terminated?.exitCode;
}

/** What is too much, at any time. */
function* judgeRuns({ creations, isStopped, starts }: Entry, asked: Asked): Generator<string> {
  if (creations !== 1) yield `was created ${creations} times in the backend`;
  if (isStopped && !asked.isDeleted) yield "was told to end, though nobody deleted it";
  const [seen, { most }, inits] = [starts.get(MAIN) ?? 0, startsOf(asked), starts.get(INIT) ?? 0];
  if (seen > most) yield `started ${seen} times, not ${most}`;
  if (inits > 1) yield `its init container started ${inits} times`;
}

function* judgeExits({ exits }: Entry, { fate }: Asked): Generator<string> {
  for (const [instance, code] of exits.get(MAIN) ?? []) {
    const wanted = codeOf(fate, instance);
    if (code !== wanted) yield `instance ${instance} ended with ${code}, not ${wanted}`;
  }
}

interface Shown {
  /** It was deleted before it ran. */
  readonly mayBeUnborn: boolean;
  readonly seen: readonly Seen[];
}

/** Shells tell nothing of a kill; and how an instance ended whose object was removed before is shown to nobody. */
function killedIn({ isReal }: Entry, { fate, isForced }: Asked, seen: readonly Seen[]): (instance: number) => boolean {
  const young = isReal ? killedYoung(seen, fate) : new Set<number>();
  return (instance) => codeOf(fate, instance) >= 128 || (isReal && isForced) || young.has(instance);
}

/** What is too little, at the end. */
function* judgeCompleteness(entry: Entry, asked: Asked, { mayBeUnborn, seen }: Shown): Generator<string> {
  if (!entry.isReleased) yield "the backend still has it";
  const starts = entry.starts.get(MAIN) ?? 0;
  const { least } = startsOf(asked);
  if (starts < least && !mayBeUnborn) yield `started ${starts} times, not ${least}`;
  const ends = entry.exits.get(MAIN);
  const killed = killedIn(entry, asked, seen);
  for (let instance = 0; instance < starts; instance++) {
    if (!killed(instance) && ends?.has(instance) !== true) yield `instance ${instance} has no end`;
  }
  const isInitialised = asked.fate.hasInit !== true || mayBeUnborn || (entry.starts.get(INIT) ?? 0) > 0;
  if (!isInitialised) yield "its init container never started";
}

function* judgeVolume({ volumes }: Entry, { config, isImageSeen }: Asked): Generator<string> {
  const shown = volumes["config"];
  if (config === undefined || shown === undefined || !isImageSeen) return; // its deletion may have come first
  if (shown !== createHash("sha256").update(config).digest("hex")) yield "its ConfigMap volume has old content";
}

/** Every end that the backend knows was shown, in state or lastState. */
function* judgeShown(seen: readonly Seen[], { exits }: Entry): Generator<string> {
  const shown = new Set(
    seen.flatMap(({ pod }) =>
      (pod.status?.containerStatuses ?? []).flatMap(({ restartCount, state, lastState }) => [
        ...(state?.terminated === undefined ? [] : [restartCount]),
        ...(lastState?.terminated === undefined
          ? []
          : [state?.waiting === undefined ? restartCount - 1 : restartCount]),
      ]),
    ),
  );
  for (const instance of exits.get(MAIN)?.keys() ?? []) {
    if (!shown.has(instance)) yield `the end of instance ${instance} was never shown`;
  }
}
