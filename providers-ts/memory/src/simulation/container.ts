/** Changes of one container of a simulated pod. Pure. */
import { createHash } from "node:crypto";
import {
  backOffUntil,
  type BackOff,
  decideRestart,
  eventTexts,
  type EventText,
  formatDuration,
  formatPod,
  nextBackOff,
} from "@outboard/provider-sdk";
import type { Step } from "./next.js";
import { forInstance } from "./script.js";
import type { ContainerNow, Ended, PlannedEnd, SimContainer, SimPod } from "./state.js";

const RETRY_MS = 10_000;

/** Begins to pull, or to start where nothing is to be pulled. */
export function beginContainer(pod: SimPod, name: string, at: number): Step {
  const container = find(pod, name);
  const { pullMs } = container.script;
  if (pullMs === 0) return startContainer(pod, name, at);
  const next = replace(pod, name, at, { ...container, now: { kind: "pulling", until: at + pullMs } });
  return { pod: next, events: [{ container: name, ...eventTexts.pulling(container.image) }] };
}

/** A start that failed is tried again. */
export function retryContainer(pod: SimPod, name: string, at: number): Step {
  return startContainer(pod, name, at);
}

/** Starts the next instance, or fails to, as scripted. */
export function startContainer(pod: SimPod, name: string, at: number): Step {
  const container = find(pod, name);
  return container.script.failStart !== "" && container.failedStarts < container.script.failStartTimes
    ? failStart(pod, container, at)
    : run(pod, container, at);
}

/** The running instance ends; what follows is decided. */
export function endContainer(pod: SimPod, name: string, at: number): Step {
  const container = find(pod, name);
  if (container.now.kind !== "running") return { pod, events: [] };
  const { since, end } = container.now;
  const { replace: replaced, ...facts } = end;
  const ended: Ended = { ...facts, since, until: at, id: container.id, instance: container.starts - 1 };
  if (replaced === true)
    return run(replace(pod, name, at, { ...container, now: { kind: "ended", ended } }), find(pod, name), at, ended);
  return { pod: replace(pod, name, at, { ...container, now: afterEnd(pod, container, ended) }), events: [] };
}

/** Says that the container is in back-off. */
export function showBackOff(pod: SimPod, name: string, at: number): Step {
  const container = find(pod, name);
  const { now } = container;
  if (now.kind !== "ended" || now.restartAt === undefined) return { pod, events: [] };
  const { ended, restartAt, backOffMs = 0 } = now;
  const next = replace(pod, name, at, {
    ...container,
    last: ended,
    now: { kind: "back-off", ended, restartAt, backOffMs },
  });
  return { pod: next, events: [{ container: name, ...eventTexts.restartBackOff(name, pod) }] };
}

/** The waiting message of a container in back-off. */
export function backOffMessage(pod: SimPod, container: SimContainer, backOffMs: number): string {
  return `back-off ${formatDuration(backOffMs)} restarting failed container=${container.name} pod=${formatPod(pod)}`;
}

/** The running instance will end in another way, if that is earlier. */
export function planEnd(container: SimContainer, endsAt: number, end: PlannedEnd): SimContainer {
  const { now } = container;
  if (now.kind !== "running" || (now.endsAt !== undefined && now.endsAt <= endsAt)) return container;
  return { ...container, now: { ...now, endsAt, end } };
}

/** The end after TERM, within the grace period or by KILL. */
export function planTerm(container: SimContainer, at: number, graceMs: number): SimContainer {
  const { termMs, termExitCode } = container.script;
  const told: SimContainer = { ...container, told: true };
  if (termMs <= graceMs && graceMs > 0) return planEnd(told, at + termMs, plannedExit(termExitCode));
  return planEnd(told, at + graceMs, { exitCode: 137, signal: 9, reason: "Error", message: "" });
}

/** The container of that name. */
export function find(pod: SimPod, name: string): SimContainer {
  const found = pod.containers.find((container) => container.name === name);
  if (found === undefined) throw new Error("a container of the simulation is missing");
  return found;
}

/** The pod with one container changed. */
export function replace(pod: SimPod, name: string, at: number, container: SimContainer): SimPod {
  return { ...pod, at, containers: pod.containers.map((other) => (other.name === name ? container : other)) };
}

function failStart(pod: SimPod, container: SimContainer, at: number): Step {
  const reason = container.script.failStart;
  const message = `the script says ${reason}`;
  const next: SimContainer = {
    ...container,
    failedStarts: container.failedStarts + 1,
    now: { kind: "failing", reason, message, retryAt: at + RETRY_MS },
  };
  return {
    pod: replace(pod, container.name, at, next),
    events: [{ container: container.name, ...eventTexts.failed(reason) }],
  };
}

function run(pod: SimPod, container: SimContainer, at: number, replaced?: Ended): Step {
  const ended = replaced ?? latestEnd(container.now);
  const runMs = forInstance(container.script.runMs, container.starts);
  const next: SimContainer = {
    ...container,
    ...(ended === undefined ? {} : { last: ended }),
    ...backOffAfter(container, ended, at),
    starts: container.starts + 1,
    id: idOf(pod, container),
    now: {
      kind: "running",
      since: at,
      ...(runMs === undefined ? {} : { endsAt: at + runMs }),
      end: scriptedEnd(container),
    },
  };
  const stage = pod.stage === "stopping" ? pod.stage : "started";
  const texts = [imageText(container), eventTexts.created(), eventTexts.started()];
  const events = texts.map((text) => ({ container: container.name, ...text }));
  return { pod: { ...replace(pod, container.name, at, next), stage }, events };
}

/** The first instance's image was pulled where the script says so; else it is there. */
function imageText({ image, script, starts }: SimContainer): EventText {
  if (starts > 0 || script.pullMs === 0) return eventTexts.present(image);
  return eventTexts.pulled(image, { imageId: "", pulled: true, sizeBytes: 0 }, script.pullMs);
}

function afterEnd(pod: SimPod, container: SimContainer, ended: Ended): ContainerNow {
  const { restarts } = decideRestart({
    podRestartPolicy: pod.restartPolicy,
    podStopping: pod.stage === "stopping",
    kind: container.kind,
    restartPolicy: container.restartPolicy,
    restartPolicyRules: container.restartPolicyRules,
    exitCode: ended.exitCode ?? 137,
    mainContainersFinished: pod.windEndAt !== undefined,
  });
  if (!restarts) return { kind: "ended", ended };
  const until = backOffUntil(container.backOff, ended.until, ended.until);
  const wait: { backOffMs?: number } = until === undefined ? {} : { backOffMs: until - ended.until };
  return { kind: "ended", ended, restartAt: until ?? ended.until, ...wait };
}

function backOffAfter(container: SimContainer, ended: Ended | undefined, at: number): { readonly backOff?: BackOff } {
  return ended === undefined ? {} : { backOff: nextBackOff(container.backOff, ended.until, at) };
}

function latestEnd(now: ContainerNow): Ended | undefined {
  return now.kind === "ended" || now.kind === "back-off" ? now.ended : undefined;
}

function scriptedEnd({ script, starts }: SimContainer): PlannedEnd {
  const planned = plannedExit(forInstance(script.exitCodes, starts) ?? 0);
  return {
    ...planned,
    message: script.exitMessage,
    reason: script.exitReason === "" ? planned.reason : script.exitReason,
  };
}

function plannedExit(exitCode: number): PlannedEnd {
  return { exitCode, reason: exitCode === 0 ? "Completed" : "Error", message: "" };
}

function idOf(pod: SimPod, container: SimContainer): string {
  return createHash("sha256").update(`${pod.uid}/${container.name}/${container.starts}`).digest("hex");
}
