/**
 * What to do next with a pod that nobody stops: the kubelet's rules on order, restarts and back-off. Pure: record, Manifest,
 * probe results and time in, actions and the next time to look out.
 */
import { type ContainerManifest, containersOf, type NamedContainer } from "./manifest.js";
import {
  type Action,
  areMainsDone,
  mainState,
  planKill,
  planStart,
  type PodView,
  restartOf,
  startOrBackOff,
} from "./plan-container.js";
import { planInit } from "./plan-init.js";
import { instanceOfRound } from "./record.js";

/** Decides. */
export function planPod(view: PodView): readonly Action[] {
  if (view.record.sandbox.state !== "ready") return planSandbox(view);
  const all = containersOf(view.manifest);
  const restartAll = planRestartAll(view, all);
  if (restartAll !== undefined) return [restartAll];
  const ephemeral = all.filter(({ kind, container }) => kind === "ephemeral" && !isSeen(view, container));
  const starts = ephemeral.map(({ container }): Action => ({ kind: "start", name: container.name }));
  const init = planInit(view);
  if (init.kind === "failed") return [{ kind: "finish", isInitFailed: true }];
  if (init.kind === "waiting") return [...starts, ...init.actions];
  const mains = planMains(view);
  return mains.isFinished ? [{ kind: "finish" }] : [...starts, ...init.actions, ...mains.actions];
}

function isSeen(view: PodView, container: ContainerManifest): boolean {
  return view.record.containers.get(container.name)?.current !== undefined;
}

function planSandbox(view: PodView): readonly Action[] {
  const hasRun = [...view.record.containers.values()].some(({ current }) => current !== undefined);
  const isOver = hasRun && (view.manifest.spec.restartPolicy === "Never" || areMainsDone(view));
  return [isOver ? { kind: "finish" } : { kind: "createSandbox" }];
}

/** A container that is ended for good goes while others are kept; when none is, it ends with the pod. */
function planMains(view: PodView): { readonly isFinished: boolean; readonly actions: readonly Action[] } {
  const actions: Action[] = [];
  let kept = 0;
  for (const container of view.manifest.spec.containers) {
    const state = mainState(view, container);
    if (state === "done") continue;
    const kill = state === "running" ? planKill(view, { kind: "main", container }) : undefined;
    if (kill === undefined || kill.restarts) kept += 1;
    if (kill !== undefined) actions.push(...kill.actions);
    if (state === "absent" || state === "again") actions.push(planStart(view, container));
  }
  return { isFinished: kept === 0, actions };
}

function planRestartAll(view: PodView, all: readonly NamedContainer[]): Action | undefined {
  for (const named of all) {
    const current = instanceOfRound(view.record, named.container.name);
    if (current?.ending === undefined || !restartOf(view, named, current).restartAllContainers) continue;
    const next = startOrBackOff(view, named.container.name, current.ending.finishedAt);
    if (next.kind !== "start") return next;
    return { kind: "restartAll", trigger: named.container.name, endedAt: current.ending.finishedAt };
  }
  return undefined;
}
