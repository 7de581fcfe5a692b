/** How a simulated pod ends: asked to, by its backend, or because nothing will run again. Pure. */
import { eventTexts } from "@outboard/provider-sdk";
import { planTerm, replace } from "./container.js";
import type { SimEvent, Step } from "./next.js";
import type { Cause, Ended, SimContainer, SimPod } from "./state.js";

const DEADLINE = "Pod was active on the node longer than the specified deadline";

/** Tells everything to end within the grace period. The first cause stays; the earlier end wins. */
export function beginStop(pod: SimPod, at: number, order: { readonly graceMs: number; readonly cause: Cause }): Step {
  const endAt = Math.min(pod.stop?.endAt ?? Number.POSITIVE_INFINITY, at + order.graceMs);
  const isFirst = pod.stop === undefined;
  const cause = pod.stop?.cause ?? order.cause;
  const next: SimPod = {
    ...pod,
    at,
    stage: "stopping",
    stop: { at: pod.stop?.at ?? at, endAt, cause },
    ...(cause === "DEADLINE" ? { failure: { reason: "DeadlineExceeded", message: DEADLINE } } : {}),
    containers: pod.containers.map((container) => {
      const isLater = container.kind === "sidecar" && container.told !== true;
      return isLater ? container : planTerm(container, at, endAt - at);
    }),
  };
  return { pod: next, events: isFirst ? killing(pod) : [] };
}

/** The main containers are through: sidecars come next. */
export function windDown(pod: SimPod, at: number): Step {
  return { pod: { ...pod, at, windEndAt: at + pod.graceMs }, events: [] };
}

/** The sidecar whose turn to end it is: the last that runs, once nothing else runs behind it. */
export function nextToTell(pod: SimPod): SimContainer | undefined {
  const running = pod.containers.filter(({ now }) => now.kind === "running");
  const last = running.at(-1);
  return running.every(({ kind }) => kind === "sidecar") && last?.told !== true ? last : undefined;
}

/** Tells one sidecar to end, within what is left of the grace period. */
export function tell(pod: SimPod, sidecar: SimContainer, at: number): Step {
  const endAt = pod.stop?.endAt ?? pod.windEndAt ?? at;
  return { pod: replace(pod, sidecar.name, at, planTerm(sidecar, at, Math.max(0, endAt - at))), events: [] };
}

/** Nothing runs and nothing will. */
export function endPod(pod: SimPod, at: number): Step {
  const containers = pod.containers.map((container) => settle(container));
  return { pod: { ...pod, at, stage: "ended", sandbox: "gone", containers }, events: [] };
}

/** The backend's object is gone; how its containers ended is not known. */
export function losePod(pod: SimPod, at: number): Step {
  return abrupt(pod, at, "BACKEND_LOST", {});
}

/** The backend takes the pod back: everything is killed. */
export function reclaimPod(pod: SimPod, at: number): Step {
  return abrupt(pod, at, "BACKEND_RECLAIMED", { exitCode: 137, signal: 9 });
}

function abrupt(pod: SimPod, at: number, cause: Cause, exit: Pick<Ended, "exitCode" | "signal">): Step {
  const reason = exit.exitCode === undefined ? "ContainerStatusUnknown" : "Error";
  const containers = pod.containers.map((container) => end(container, at, { ...exit, reason }));
  const stop = pod.stop ?? { at, endAt: at, cause };
  return endPod({ ...pod, containers, stop }, at);
}

function end(container: SimContainer, at: number, exit: Pick<Ended, "exitCode" | "signal" | "reason">): SimContainer {
  const { now, id, starts } = container;
  if (now.kind !== "running") return container;
  const ended: Ended = { ...exit, message: "", since: now.since, until: at, id, instance: starts - 1 };
  return { ...container, now: { kind: "ended", ended } };
}

/** A restart that was planned will not come: the container stays as it ended. */
function settle(container: SimContainer): SimContainer {
  const { now } = container;
  if (now.kind !== "ended" && now.kind !== "back-off") return container;
  const { last, ...rest } = container;
  const before = now.kind === "back-off" ? undefined : last;
  return { ...rest, ...(before === undefined ? {} : { last: before }), now: { kind: "ended", ended: now.ended } };
}

function killing(pod: SimPod): readonly SimEvent[] {
  const running = pod.containers.filter(({ now }) => now.kind === "running");
  return running.map(({ name }) => ({ container: name, ...eventTexts.stopping(name) }));
}
