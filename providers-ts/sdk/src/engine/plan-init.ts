/** The part of the plan about init containers and sidecars: one after the other, then the sidecars are kept alive. Pure. */
import type { ContainerManifest, NamedContainer } from "./manifest.js";
import { type Action, areMainsDone, planKill, planStart, type PodView, restartOf } from "./plan-container.js";
import { type Instance, instanceOfRound } from "./record.js";

/** How far initialization is. */
export type InitPlan =
  | { readonly kind: "done"; readonly actions: readonly Action[] }
  | { readonly kind: "waiting"; readonly actions: readonly Action[] }
  /** An init container failed for good. */
  | { readonly kind: "failed" };

/** Plans all init containers. */
export function planInit(view: PodView): InitPlan {
  const containers = view.manifest.spec.initContainers ?? [];
  const isInitialized = view.manifest.spec.containers.some(
    (container) => instanceOfRound(view.record, container.name) !== undefined,
  );
  if (isInitialized && areMainsDone(view)) return { kind: "done", actions: [] };
  const actions: Action[] = [];
  for (const [index, container] of containers.entries()) {
    const isPast = isInitialized || hasLater(view, containers.slice(index + 1));
    const step = planOne(view, named(container), isPast);
    if (step === "failed") return { kind: "failed" };
    actions.push(...step.actions);
    if (!step.isDone && !isPast) return { kind: "waiting", actions };
  }
  return { kind: "done", actions };
}

function named(container: ContainerManifest): NamedContainer {
  return { kind: container.restartPolicy === "Always" ? "sidecar" : "init", container };
}

function hasLater(view: PodView, later: readonly ContainerManifest[]): boolean {
  return later.some((container) => instanceOfRound(view.record, container.name) !== undefined);
}

interface Step {
  readonly isDone: boolean;
  readonly actions: readonly Action[];
}

function planOne(view: PodView, container: NamedContainer, isPast: boolean): Step | "failed" {
  const current = instanceOfRound(view.record, container.container.name);
  if (container.kind === "sidecar") return planSidecar(view, container, current);
  if (isPast) return { isDone: true, actions: [] };
  if (current === undefined) return { isDone: false, actions: [planStart(view, container.container)] };
  if (current.ending === undefined) return { isDone: false, actions: planKill(view, container)?.actions ?? [] };
  if (current.ending.exitCode === 0) return { isDone: true, actions: [] };
  if (!restartOf(view, container, current).restarts) return "failed";
  return { isDone: false, actions: [planStart(view, container.container)] };
}

function planSidecar(view: PodView, container: NamedContainer, current: Instance | undefined): Step {
  if (current === undefined || current.ending !== undefined) {
    return { isDone: false, actions: [planStart(view, container.container)] };
  }
  const kill = planKill(view, container);
  if (kill !== undefined) return { isDone: false, actions: kill.actions };
  return { isDone: view.probes(container.container.name).started, actions: [] };
}
