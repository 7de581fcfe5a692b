/** One pass over a pod, as the kubelet's: publish what is, decide, act. Returns when to look again. */
import { backOffOf, formatDuration, nextBackOff } from "./back-off.js";
import { enforceDeadline } from "./deadline.js";
import { type Done, retryAt } from "./done.js";
import { eventTexts } from "./events.js";
import { eraseAll, forgetOlder } from "./forget.js";
import { isImageError } from "./image.js";
import { killContainer } from "./kill-container.js";
import { formatPod, graceMsOf, type NamedContainer } from "./manifest.js";
import { planPod } from "./plan.js";
import { type Action, triedOf } from "./plan-container.js";
import type { Pod } from "./pod.js";
import {
  containerRecord,
  type Instance,
  nextAttempt,
  runningInstance,
  withContainer,
  withInstanceFields,
} from "./record.js";
import type { WaitingReason } from "./observe.js";
import { needsRestart, resizeContainers } from "./resize.js";
import { createSandbox } from "./sandbox.js";
import { POST_START_ERROR, startContainer, type StartResult } from "./start.js";
import { completeEnd, endContainers, removeSandbox, runningNames } from "./terminate.js";
import { awaitYoung } from "./young.js";

/** When the pod wants the next pass. */
export type Next =
  | { readonly kind: "now" }
  | { readonly kind: "at"; readonly time: number }
  /** When something happens. */
  | { readonly kind: "idle" };

type FinishAction = Extract<Action, { kind: "finish" }>;

const SOON_MS = 1000;
const RESYNC_MS = 60_000;

/** Runs one pass. The signal is aborted when the pod is to be stopped instead. */
export async function syncPod(pod: Pod, signal: AbortSignal): Promise<Next> {
  if (!pod.isSaved) return { kind: "at", time: pod.now() + SOON_MS };
  if (pod.record.ended) {
    pod.publish();
    return { kind: "idle" };
  }
  enforceDeadline(pod);
  if (pod.record.stop !== undefined) return await terminate(pod, signal);
  pod.publish();
  await forgetOlder(pod);
  pod.context.probing.follow(pod);
  const actions = decide(pod);
  const end = actions.find((action) => action.kind === "finish");
  if (end !== undefined) return await finish(pod, end, signal);
  if (pod.inputs === undefined) return { kind: "idle" };
  const resized = await resizeContainers(pod);
  const next = await act(pod, actions, signal);
  return resized.kind === "failed" ? sooner(next, retryAt(pod)) : next;
}

/** The pod goes on as it is: only its status may have to be told. */
export function hasNothingToDo(pod: Pod): boolean {
  const { stop, ended } = pod.record;
  return stop === undefined && !ended && decide(pod).length === 0;
}

function decide(pod: Pod): readonly Action[] {
  const { manifest, record } = pod;
  if (record.finishing === true) return [{ kind: "finish" }];
  if (manifest === undefined) return [];
  return planPod({
    record,
    manifest,
    probes: (name) => pod.context.probing.verdict(pod, name),
    needsRestart: (name) => needsRestart(pod, name),
    now: pod.now(),
  });
}

function sooner(next: Next, time: number): Next {
  return next.kind === "at" && next.time > time ? { kind: "at", time } : next;
}

async function act(pod: Pod, actions: readonly Action[], signal: AbortSignal): Promise<Next> {
  const times: number[] = [];
  let isChanged = false;
  pod.volumeImages = undefined;
  for (const action of actions) {
    signal.throwIfAborted();
    const done = await perform(pod, action, signal);
    if (done.kind === "changed") isChanged = true;
    if (done.kind === "retry") times.push(done.at);
  }
  if (isChanged) return { kind: "now" };
  return { kind: "at", time: Math.min(pod.now() + RESYNC_MS, ...times) };
}

async function perform(pod: Pod, action: Action, signal: AbortSignal): Promise<Done> {
  switch (action.kind) {
    case "createSandbox":
      pod.hasNews = true;
      return await createSandbox(pod, signal);
    case "start":
      return await start(pod, action.name, action.endedAt, signal);
    case "backOff":
      return waitForBackOff(pod, action);
    case "kill":
      return await kill(pod, action, signal);
    case "restartAll":
      return await restartAll(pod, action, signal);
    case "finish":
      return { kind: "unchanged" };
  }
}

async function start(pod: Pod, name: string, endedAt: number | undefined, signal: AbortSignal): Promise<Done> {
  const named = pod.container(name);
  if (named === undefined || runningInstance(pod.record, name) !== undefined) return { kind: "unchanged" };
  if (endedAt !== undefined) noteLetThrough(pod, name, endedAt);
  const result = await startContainer(pod, named, signal);
  if (result.kind === "failed") return noteFailedStart(pod, named, result);
  pod.hasNews = !isInitializing(pod);
  if (result.kind === "broken") pod.waiting.set(name, waitingReason(result));
  return { kind: "changed" };
}

/** What comes next is then another turn of the kubelet's. */
function isInitializing({ record, manifest }: Pod): boolean {
  return manifest?.spec.containers.every(({ name }) => record.containers.get(name)?.current === undefined) === true;
}

type FailedStart = Exclude<StartResult, { kind: "started" }>;

function waitingReason({ error: { reason, message } }: FailedStart): WaitingReason {
  return { reason, message };
}

function noteLetThrough(pod: Pod, name: string, endedAt: number): void {
  const container = containerRecord(pod.record, name);
  const tried = pod.manifest === undefined ? "" : triedOf(pod.manifest, name);
  const before = backOffOf(container.backOff, tried);
  const backOff = { ...nextBackOff(before, endedAt, pod.now()), of: tried };
  pod.commit(withContainer(pod.record, name, { ...container, backOff, letThrough: nextAttempt(container) }));
}

/**
 * The reason shows at the next pass, which comes at once if there was news of the pod. A pull that goes on failing, and an
 * ephemeral container, show what came of it at the pass after, as with the kubelet: so ErrImagePull and ImagePullBackOff take
 * turns.
 */
function noteFailedStart(pod: Pod, { kind, container }: NamedContainer, result: FailedStart): Done {
  const { reason } = result.error;
  const before = pod.waiting.get(container.name);
  pod.waiting.set(container.name, waitingReason(result));
  const isPull = before !== undefined && isImageError(reason);
  const isLater = isPull || kind === "ephemeral" || before?.reason === reason || !pod.hasNews;
  return isLater ? { kind: "retry", at: retryAt(pod) } : { kind: "changed" };
}

function waitForBackOff(pod: Pod, action: Extract<Action, { kind: "backOff" }>): Done {
  const { name, delayMs, until } = action;
  const message = `back-off ${formatDuration(delayMs)} restarting failed container=${name} pod=${formatPod(pod.record)}`;
  const before = pod.waiting.get(name);
  const isNew = before?.message !== message;
  if (isNew) pod.event(name, eventTexts.restartBackOff(name, pod.record));
  pod.waiting.set(name, { reason: "CrashLoopBackOff", message });
  const isSoon = isNew && isSeenTwice(containerRecord(pod.record, name).current, before);
  return { kind: "retry", at: isSoon ? Math.min(until, pod.now() + SOON_MS) : until };
}

/** A kubelet sees the start and the end of these apart from each other, and so looks at the pod once more. */
function isSeenTwice(instance: Instance | undefined, before: WaitingReason | undefined): boolean {
  if (instance?.startedAt === undefined) return true;
  const lasted = (instance.ending?.finishedAt ?? 0) - instance.startedAt;
  return before?.reason === POST_START_ERROR && lasted >= SOON_MS;
}

async function kill(pod: Pod, action: Extract<Action, { kind: "kill" }>, signal: AbortSignal): Promise<Done> {
  const { name, message, killedBy } = action;
  const instance = runningInstance(pod.record, name);
  if (instance === undefined || pod.manifest === undefined) return { kind: "unchanged" };
  pod.event(name, eventTexts.killing(message));
  pod.commit(withInstanceFields(pod.record, name, instance.attempt, { killedBy }));
  const graceMs = killGraceMs(pod, name, killedBy);
  const endAt = pod.now() + graceMs;
  pod.hasNews = true;
  await killContainer(pod, { name, instance, endAt: (record) => Math.min(endAt, record.stop?.endAt ?? endAt) }, signal);
  return { kind: "changed" };
}

/** A probe's own grace period beats the pod's. */
function killGraceMs(pod: Pod, name: string, killedBy: "liveness" | "startup" | "change"): number {
  const container = pod.container(name)?.container;
  const probe = killedBy === "liveness" ? container?.livenessProbe : container?.startupProbe;
  const own = killedBy === "change" ? undefined : probe?.terminationGracePeriodSeconds;
  if (own !== undefined) return own * 1000;
  return pod.manifest === undefined ? 0 : graceMsOf(pod.manifest);
}

/** Ends everything at once, then begins anew in the same sandbox. */
async function restartAll(
  pod: Pod,
  action: Extract<Action, { kind: "restartAll" }>,
  signal: AbortSignal,
): Promise<Done> {
  noteLetThrough(pod, action.trigger, action.endedAt);
  const now = pod.now();
  const killed = runningNames(pod.record);
  const stops = killed.map(async (name) => {
    const instance = runningInstance(pod.record, name);
    if (instance === undefined) return;
    pod.event(name, eventTexts.killing("killing"));
    await killContainer(pod, { name, instance, endAt: () => now }, signal);
  });
  await Promise.all(stops);
  await eraseAll(pod, killed);
  pod.waiting.clear();
  pod.commit({ ...pod.record, round: pod.record.round + 1, sandboxLost: false });
  return { kind: "changed" };
}

/**
 * Nothing will run again: the rest ends, then the pod. As with the kubelet both show at once where an init container failed, and
 * where the rest is ephemeral.
 */
async function finish(pod: Pod, { isInitFailed }: FinishAction, signal: AbortSignal): Promise<Next> {
  pod.isEnding = true;
  pod.commit({ ...pod.record, finishing: true });
  const running = runningNames(pod.record).filter((name) => pod.record.containers.get(name)?.kind !== "ephemeral");
  const hadRunning = running.length > 0 && isInitFailed !== true;
  await endContainers(pod, signal);
  await removeSandbox(pod, signal);
  if (hadRunning) pod.publish();
  await completeEnd(pod);
  return { kind: "now" };
}

async function terminate(pod: Pod, signal: AbortSignal): Promise<Next> {
  await awaitYoung(pod, signal);
  pod.publish();
  pod.isHoldingBack = true;
  pod.isEnding = true;
  pod.context.probing.follow(pod);
  await endContainers(pod, signal);
  await removeSandbox(pod, signal);
  await completeEnd(pod);
  return { kind: "now" };
}
