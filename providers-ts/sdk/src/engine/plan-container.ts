/** What to do next with single containers: kill, start, wait; and what counts as done. Pure; see plan.ts. */
import { backOffOf, backOffUntil } from "./back-off.js";
import { type ContainerManifest, containersOf, type NamedContainer, type PodManifest } from "./manifest.js";
import {
  containerRecord,
  type Instance,
  instanceOfRound,
  nextAttempt,
  type PodRecord,
  shownExitCode,
} from "./record.js";
import { decideRestart, type RestartDecision } from "./restart.js";

/** One thing to do, in the order given. */
export type Action =
  | { readonly kind: "createSandbox" }
  | { readonly kind: "kill"; readonly name: string; readonly message: string; readonly killedBy: KilledBy }
  /** endedAt: end of the instance that is followed. Absent: the first one, or one that the engine itself just killed. */
  | { readonly kind: "start"; readonly name: string; readonly endedAt?: number }
  | { readonly kind: "backOff"; readonly name: string; readonly delayMs: number; readonly until: number }
  | { readonly kind: "restartAll"; readonly trigger: string; readonly endedAt: number }
  /** Nothing will run again: end what still runs, then the pod. */
  | { readonly kind: "finish"; readonly isInitFailed?: boolean };

/** Why the engine ends an instance of a pod that goes on. */
export type KilledBy = "liveness" | "startup" | "change";

/** What the probes say of a running instance. */
export interface ProbeVerdict {
  /** The startup probe has passed, or there is none. */
  readonly started: boolean;
  readonly failed?: "liveness" | "startup" | undefined;
}

/** Everything that decides. */
export interface PodView {
  readonly record: PodRecord;
  readonly manifest: PodManifest;
  readonly probes: (container: string) => ProbeVerdict;
  /** New resources of a running container that need a new instance. Absent: never. */
  readonly needsRestart?: (container: string) => boolean;
  readonly now: number;
}

/** Whether every main container has ended for good. */
export function areMainsDone(view: PodView): boolean {
  return view.manifest.spec.containers.every((container) => mainState(view, container) === "done");
}

/** A main container for the plan. */
export type MainState = "absent" | "running" | "done" | "again";

/** Where a main container is. */
export function mainState(view: PodView, container: ContainerManifest): MainState {
  const { record } = view;
  const current = record.containers.get(container.name)?.current;
  if (current === undefined) return "absent";
  const isOfRound = current.round === record.round;
  if (current.ending === undefined) return isOfRound ? "running" : "absent";
  const again = restartOf(view, { kind: "main", container }, current).restarts;
  if (!isOfRound) return record.sandboxLost === true && !again ? "done" : "absent";
  return again ? "again" : "done";
}

/** What to do with a running container that must not go on. Undefined: it goes on. */
export function planKill(
  view: PodView,
  named: NamedContainer,
): { readonly restarts: boolean; readonly actions: readonly Action[] } | undefined {
  const { container } = named;
  const current = instanceOfRound(view.record, container.name);
  if (current === undefined || current.ending !== undefined) return undefined;
  const why = killReason(view, named, current);
  if (why === undefined) return undefined;
  const restarts = why.killedBy === "change" || restartsAfterProbe(view, named, why.killedBy);
  const message = killMessage(named, why.text, restarts);
  const kill: Action = { kind: "kill", name: container.name, message, killedBy: why.killedBy };
  return { restarts, actions: restarts ? [kill, planRestartAfterKill(view, container)] : [kill] };
}

const RESIZE_TEXT = "resize requires restart";

/** The kubelet has words of its own for sidecars. */
function killMessage({ kind, container }: NamedContainer, text: string, restarts: boolean): string {
  if (text === RESIZE_TEXT || !restarts) return `Container ${container.name} ${text}`;
  if (kind === "sidecar") return `Init container ${container.name} ${text}`;
  return `Container ${container.name} ${text}, will be restarted`;
}

/** An init container that runs is not begun anew for another image. */
function killReason(
  view: PodView,
  { kind, container }: NamedContainer,
  current: Instance,
): { readonly killedBy: KilledBy; readonly text: string } | undefined {
  if (kind !== "init" && current.specImage !== (container.image ?? ""))
    return { killedBy: "change", text: "definition changed" };
  if (view.needsRestart?.(container.name) === true) return { killedBy: "change", text: RESIZE_TEXT };
  const { failed } = view.probes(container.name);
  return failed === undefined ? undefined : { killedBy: failed, text: `failed ${failed} probe` };
}

function restartsAfterProbe(
  view: PodView,
  { kind, container }: NamedContainer,
  killedBy: "liveness" | "startup",
): boolean {
  const { restartPolicy } = container;
  const podRestartPolicy = view.manifest.spec.restartPolicy ?? "Always";
  return decideRestart({ podRestartPolicy, podStopping: false, kind, restartPolicy, exitCode: 0, killedBy }).restarts;
}

/** As the kubelet: the back-off of a killed instance counts from the end of the one before. */
function planRestartAfterKill(view: PodView, container: ContainerManifest): Action {
  const record = view.record.containers.get(container.name);
  const endedAt = record?.previous?.ending?.finishedAt;
  if (record === undefined || endedAt === undefined) return { kind: "start", name: container.name };
  return startOrBackOff(view, container.name, endedAt);
}

/** Starts a container that does not run, or waits for its back-off. */
export function planStart(view: PodView, container: ContainerManifest): Action {
  const current = instanceOfRound(view.record, container.name);
  if (current?.ending === undefined) return { kind: "start", name: container.name };
  return startOrBackOff(view, container.name, current.ending.finishedAt);
}

/** Lets a start through, or says until when to wait. */
export function startOrBackOff(view: PodView, name: string, endedAt: number): Action {
  const container = containerRecord(view.record, name);
  const backOff = backOffOf(container.backOff, triedOf(view.manifest, name));
  if (container.letThrough === nextAttempt(container)) return { kind: "start", name };
  const until = backOffUntil(backOff, endedAt, view.now);
  if (until === undefined || backOff === undefined) return { kind: "start", name, endedAt };
  return { kind: "backOff", name, delayMs: backOff.delayMs, until };
}

/** What a start of a container tries: a change of it is tried at once, whatever the back-off. */
export function triedOf(manifest: PodManifest, name: string): string {
  const container = containersOf(manifest).find((named) => named.container.name === name)?.container;
  return `${container?.image ?? ""} ${JSON.stringify(container?.resources ?? {})}`;
}

/**
 * The restart decision for an instance that has ended: by its exit code, also where a probe's verdict ended it, which counts
 * only for a start that follows at once.
 */
export function restartOf(view: PodView, named: NamedContainer, instance: Instance): RestartDecision {
  const { ending } = instance;
  if (ending === undefined) return { restarts: false, restartAllContainers: false };
  if (instance.killedBy === "change" && view.record.stop === undefined) {
    return { restarts: true, restartAllContainers: false };
  }
  return decideRestart({
    podRestartPolicy: view.manifest.spec.restartPolicy ?? "Always",
    podStopping: view.record.stop !== undefined || view.record.ended,
    kind: named.kind,
    restartPolicy: named.container.restartPolicy,
    restartPolicyRules: named.container.restartPolicyRules,
    exitCode: shownExitCode(ending),
    mainContainersFinished: named.kind === "sidecar" && areMainsDone(view),
  });
}
