/**
 * What happens next in a simulated pod, and when. Pure: the pod's state alone decides, so a pod that was read back from
 * its file goes on as if nothing had been.
 */
import { beginContainer, endContainer, retryContainer, showBackOff, startContainer } from "./container.js";
import { beginStop, endPod, losePod, nextToTell, reclaimPod, tell, windDown } from "./ending.js";
import type { SimContainer, SimPod } from "./state.js";

/** An event that the pod causes. */
export interface SimEvent {
  readonly container: string;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** A pod after one change. */
export interface Step {
  readonly pod: SimPod;
  readonly events: readonly SimEvent[];
}

/** A change that will come. */
export interface Due {
  readonly at: number;
  readonly take: () => Step;
}

/** Time from the end of an instance to the pod's next look at it, when back-off is shown. */
const SYNC_MS = 1_000;

/** The next change; undefined when nothing will come by itself. */
export function nextDue(pod: SimPod): Due | undefined {
  if (pod.stage === "ended") return undefined;
  const dues = [
    ...podDues(pod),
    ...(pod.sandbox === "ready" ? pod.containers.flatMap((c) => containerDue(pod, c)) : []),
  ];
  return dues.reduce<Due | undefined>(
    (first, due) => (first === undefined || due.at < first.at ? due : first),
    undefined,
  );
}

function podDues(pod: SimPod): readonly Due[] {
  if (pod.stage === "stopping") return endingDues(pod);
  const dues: Due[] = [];
  const add = (at: number | undefined, take: (at: number) => Step) => {
    if (at !== undefined) dues.push(dueAt(pod, at, take));
  };
  const { loseMs, reclaimMs } = pod.script;
  add(pod.deadline, (at) => beginStop(pod, at, { graceMs: pod.graceMs, cause: "DEADLINE" }));
  add(loseMs === undefined ? undefined : pod.createdAt + loseMs, (at) => losePod(pod, at));
  add(reclaimMs === undefined ? undefined : pod.createdAt + reclaimMs, (at) => reclaimPod(pod, at));
  if (pod.sandbox !== "ready") return [...dues, ...sandboxDue(pod)];
  if (pod.windEndAt !== undefined) return [...dues, ...endingDues(pod)];
  if (isThrough(pod)) add(pod.at, (at) => windDown(pod, at));
  return dues;
}

/** What is left of a pod that ends: its sidecars one after the other, then itself. */
function endingDues(pod: SimPod): readonly Due[] {
  if (!isAnyRunning(pod)) return [dueAt(pod, pod.at, (at) => endPod(pod, at))];
  const sidecar = nextToTell(pod);
  return sidecar === undefined ? [] : [dueAt(pod, pod.at, (at) => tell(pod, sidecar, at))];
}

function dueAt(pod: SimPod, at: number, take: (at: number) => Step): Due {
  const when = Math.max(at, pod.at);
  return { at: when, take: () => take(when) };
}

function sandboxDue(pod: SimPod): readonly Due[] {
  if (pod.stage === "accepted") {
    return [
      {
        at: pod.at,
        take: () => only({ ...pod, stage: "preparing", sandbox: pod.roomAt === undefined ? "creating" : "none" }),
      },
    ];
  }
  const { roomAt, readyAt } = pod;
  if (roomAt !== undefined) {
    const { roomAt: _, ...rest } = pod;
    return [{ at: roomAt, take: () => only({ ...rest, sandbox: "creating", at: roomAt }) }];
  }
  return readyAt === undefined ? [] : [{ at: readyAt, take: () => only({ ...pod, sandbox: "ready", at: readyAt }) }];
}

function only(pod: SimPod): Step {
  return { pod, events: [] };
}

type Take = (pod: SimPod, name: string, at: number) => Step;

function containerDue(pod: SimPod, container: SimContainer): readonly Due[] {
  const { now } = container;
  const due = (at: number, take: Take): readonly Due[] => {
    const when = Math.max(at, pod.at);
    return [{ at: when, take: () => take(pod, container.name, when) }];
  };
  if (now.kind === "running") return now.endsAt === undefined ? [] : due(now.endsAt, endContainer);
  const mayStart = pod.stage !== "stopping" && pod.windEndAt === undefined && !pod.needsInputs;
  return mayStart ? startDue(pod, container, due) : [];
}

function startDue(
  pod: SimPod,
  container: SimContainer,
  due: (at: number, take: Take) => readonly Due[],
): readonly Due[] {
  const { now } = container;
  switch (now.kind) {
    case "idle":
      return isItsTurn(pod, container) ? due(pod.at, beginContainer) : [];
    case "pulling":
      return due(now.until, startContainer);
    case "failing":
      return due(now.retryAt, retryContainer);
    case "ended":
      return now.restartAt === undefined ? [] : endedDue(now.ended.until, now.restartAt, due);
    case "back-off":
      return due(now.restartAt, startContainer);
    case "unfit":
    case "running":
      return [];
  }
}

function endedDue(endedAt: number, restartAt: number, due: (at: number, take: Take) => readonly Due[]): readonly Due[] {
  return restartAt > endedAt + SYNC_MS ? due(endedAt + SYNC_MS, showBackOff) : due(restartAt, startContainer);
}

/** Init containers go one after the other, a sidecar only has to run; then come all the others. */
function isItsTurn(pod: SimPod, container: SimContainer): boolean {
  const before = pod.containers.slice(0, pod.containers.indexOf(container));
  return before.every((other) => {
    if (other.kind === "init") return other.now.kind === "ended" && other.now.ended.exitCode === 0;
    return other.kind !== "sidecar" || other.starts > 0;
  });
}

function isAnyRunning(pod: SimPod): boolean {
  return pod.containers.some(({ now }) => now.kind === "running");
}

/** True when no init or main container will run again. */
function isThrough(pod: SimPod): boolean {
  const final = ({ now }: SimContainer) => now.kind === "ended" && now.restartAt === undefined;
  const mains = pod.containers.filter(({ kind }) => kind === "main");
  const initFailed = pod.containers.some(
    (container) =>
      container.kind === "init" &&
      container.now.kind === "ended" &&
      final(container) &&
      container.now.ended.exitCode !== 0,
  );
  return initFailed || (mains.length > 0 && mains.every(final));
}
