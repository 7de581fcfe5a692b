/** Brings the resources of running instances to what the gateway allocated. */
import type { ResizeStatus, Resources } from "@outboard/contract";
import { describeError } from "../errors.js";
import type { Pod } from "./pod.js";
import { runningInstance, withInstanceFields } from "./record.js";
import { runningNames } from "./terminate.js";

/** How a resize went. */
export type ResizeResult = { readonly kind: "nothing" } | { readonly kind: "done" } | { readonly kind: "failed" };

/** Resizes what differs. A failure is shown and tried again by a later pass. */
export async function resizeContainers(pod: Pod): Promise<ResizeResult> {
  if (pod.context.runtime.updateResources === undefined || pod.inputs === undefined) return { kind: "nothing" };
  const due = runningNames(pod.record).flatMap((name) => dueResize(pod, name));
  if (due.length === 0) return { kind: "nothing" };
  setResize(pod, { state: { $case: "inProgress", value: {} } });
  try {
    for (const resize of due) await resizeOne(pod, resize);
  } catch (err) {
    pod.context.logger.warn({ err: describeError(err), uid: pod.uid }, "resize failed, will retry");
    const message = err instanceof Error ? err.message : "the resources could not be changed";
    setResize(pod, { state: { $case: "error", value: { message } } });
    return { kind: "failed" };
  }
  setResize(pod, undefined);
  return { kind: "done" };
}

interface DueResize {
  readonly name: string;
  readonly attempt: number;
  readonly wanted: Resources;
}

function dueResize(pod: Pod, name: string): readonly DueResize[] {
  const instance = runningInstance(pod.record, name);
  const wanted = pod.containerInputs(name)?.resources;
  if (instance === undefined || wanted === undefined || isSame(instance.asked, wanted)) return [];
  if (needsRestart(pod, name)) return [];
  return [{ name, attempt: instance.attempt, wanted }];
}

/** Whether new resources of a running container need a new instance, by its resizePolicy. */
export function needsRestart(pod: Pod, name: string): boolean {
  const asked = runningInstance(pod.record, name)?.asked;
  const wanted = pod.containerInputs(name)?.resources;
  if (asked === undefined || wanted === undefined) return false;
  const policies = pod.container(name)?.container.resizePolicy ?? [];
  return policies.some(({ resourceName, restartPolicy }) => {
    const isChanged =
      asked.requests.get(resourceName) !== wanted.requests.get(resourceName) ||
      asked.limits.get(resourceName) !== wanted.limits.get(resourceName);
    return restartPolicy === "RestartContainer" && isChanged;
  });
}

async function resizeOne(pod: Pod, { name, attempt, wanted }: DueResize): Promise<void> {
  await pod.context.runtime.updateResources?.(pod.uid, name, attempt, wanted);
  pod.commit(withInstanceFields(pod.record, name, attempt, { asked: wanted, resources: wanted }));
}

function setResize(pod: Pod, resize: ResizeStatus | undefined): void {
  pod.resize = resize;
  pod.publish();
}

function isSame(left: Resources | undefined, right: Resources): boolean {
  if (left === undefined) return right.requests.size === 0 && right.limits.size === 0;
  return isSameMap(left.requests, right.requests) && isSameMap(left.limits, right.limits);
}

function isSameMap(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([name, amount]) => right.get(name) === amount);
}
