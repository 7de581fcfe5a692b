/** Brings the resources of running instances to what the gateway allocated. */
import type { ResizeStatus, Resources } from "@outboard/contract";
import { describeError } from "../errors.js";
import type { Pod } from "./pod.js";
import { runningInstance, withInstanceFields } from "./record.js";
import { runningNames } from "./terminate.js";

const NONE: Resources = { requests: new Map(), limits: new Map() };

/** How a resize went. */
export type ResizeResult = { readonly kind: "nothing" } | { readonly kind: "done" } | { readonly kind: "failed" };

/** Resizes what differs. A failure is shown and tried again by a later pass. */
export async function resizeContainers(pod: Pod): Promise<ResizeResult> {
  if (pod.context.runtime.updateResources === undefined || pod.inputs === undefined) return { kind: "nothing" };
  const due: Due = {
    containers: runningNames(pod.record).flatMap((name) => dueResize(pod, name)),
    level: dueLevel(pod),
    isHeld: runningNames(pod.record).some((name) => needsRestart(pod, name)),
  };
  if (due.containers.length === 0 && due.level === undefined) return { kind: "nothing" };
  // What a new sandbox is told first is no resize.
  if (due.containers.length > 0 || pod.level !== undefined)
    setResize(pod, { state: { $case: "inProgress", value: {} } });
  try {
    await resizeAll(pod, due);
  } catch (err) {
    pod.context.logger.warn({ err: describeError(err), uid: pod.uid }, "resize failed, will retry");
    const message = err instanceof Error ? err.message : "the resources could not be changed";
    setResize(pod, { state: { $case: "error", value: { message } } });
    return { kind: "failed" };
  }
  if (pod.level?.isSettled !== false) setResize(pod, undefined);
  return { kind: "done" };
}

interface Due {
  readonly containers: readonly DueResize[];
  /** Of the pod as a whole. */
  readonly level: Resources | undefined;
  /** A container holds what it has until it is restarted. */
  readonly isHeld: boolean;
}

/** The pod grows before its containers and shrinks after them. */
async function resizeAll(pod: Pod, { containers, level, isHeld }: Due): Promise<void> {
  const { runtime } = pod.context;
  if (level !== undefined && (isHeld || containers.length > 0)) {
    await runtime.updatePodResources?.(pod.uid, level).catch(() => {}); // said again below
  }
  for (const resize of containers) await resizeOne(pod, resize);
  if (level === undefined) return;
  if (!isHeld) await runtime.updatePodResources?.(pod.uid, level);
  pod.level = { resources: level, isSettled: !isHeld };
}

function dueLevel(pod: Pod): Resources | undefined {
  const { level, inputs, record, context } = pod;
  const wanted = inputs?.resources;
  if (context.runtime.updatePodResources === undefined || record.sandbox.state !== "ready") return undefined;
  if (wanted === undefined) return undefined;
  return level?.isSettled === true && isSame(level.resources, wanted) ? undefined : wanted;
}

interface DueResize {
  readonly name: string;
  readonly attempt: number;
  readonly wanted: Resources;
}

function dueResize(pod: Pod, name: string): readonly DueResize[] {
  const instance = runningInstance(pod.record, name);
  const change = changeOf(pod, name);
  if (instance === undefined || change === undefined) return [];
  if (isSame(change.from, change.to) || needsRestart(pod, name)) return [];
  return [{ name, attempt: instance.attempt, wanted: change.wanted }];
}

/** Whether new resources of a running container need a new instance, by its resizePolicy. */
export function needsRestart(pod: Pod, name: string): boolean {
  const change = changeOf(pod, name);
  if (change === undefined || !change.isKnown) return false;
  const { from, to } = change;
  const policies = pod.container(name)?.container.resizePolicy ?? [];
  return policies.some(({ resourceName, restartPolicy }) => {
    const isChanged =
      from.requests.get(resourceName) !== to.requests.get(resourceName) ||
      from.limits.get(resourceName) !== to.limits.get(resourceName);
    return restartPolicy === "RestartContainer" && isChanged;
  });
}

interface Change {
  readonly from: Resources;
  readonly to: Resources;
  /** Of the container's own. */
  readonly wanted: Resources;
  /** What it has is no guess. */
  readonly isKnown: boolean;
}

/** What a running container has and is to have, where limits of the pod stand in for its own. */
function changeOf(pod: Pod, name: string): Change | undefined {
  const level = pod.inputs?.resources;
  const asked = runningInstance(pod.record, name)?.asked;
  const wanted = pod.containerInputs(name)?.resources ?? (level === undefined ? undefined : NONE);
  if (wanted === undefined) return undefined;
  const before = pod.level?.resources ?? level;
  const isKnown = asked !== undefined || pod.level !== undefined;
  return { from: within(asked ?? NONE, before), to: within(wanted, level), wanted, isKnown };
}

function within({ requests, limits }: Resources, level: Resources | undefined): Resources {
  return { requests, limits: new Map([...(level?.limits ?? []), ...limits]) };
}

async function resizeOne(pod: Pod, { name, attempt, wanted }: DueResize): Promise<void> {
  await pod.context.runtime.updateResources?.(pod.uid, name, attempt, wanted);
  pod.commit(withInstanceFields(pod.record, name, attempt, { asked: wanted, resources: wanted }));
}

function setResize(pod: Pod, resize: ResizeStatus | undefined): void {
  pod.resize = resize;
  pod.publish();
}

function isSame(left: Resources, right: Resources): boolean {
  return isSameMap(left.requests, right.requests) && isSameMap(left.limits, right.limits);
}

function isSameMap(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([name, amount]) => right.get(name) === amount);
}
