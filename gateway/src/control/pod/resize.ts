/**
 * In-place resize of one pod: what is allocated, what waits and why, and whether the provider has put it in effect. The
 * provider takes the allocated resources from the inputs, whatever the Manifest wants.
 */
import { compareQuantities } from "../../domain/quantity.js";
import type { Pod } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import type { PendingResize } from "../../domain/pod-conditions.js";
import { isTerminal } from "../../domain/pod-plan.js";
import { decideResize, isResized, resizeMessage, withResourcesOfStatus } from "../../domain/resize.js";
import { allocatedPod, type ResizeState } from "./allocated.js";
import type { PodDeps } from "./deps.js";
import { podEvent } from "./provider-event.js";
import type { PodRecord } from "./record.js";

const HELD_MS = 30_000;

/** Judges resizes; remembers which wait for others to leave. */
export class Resizes {
  readonly #deps: PodDeps;
  readonly #waiting = new Set<string>();

  constructor(deps: PodDeps) {
    this.#deps = deps;
  }

  /** To be called before a pod is planned. */
  settle(record: PodRecord): void {
    const { api, observation, uid } = record;
    this.#deps.active.note(uid);
    if (api === undefined || isTerminal(api) || observation?.stage === "ended") {
      this.#waiting.delete(uid);
      return this.#wakeOthers();
    }
    if (observation === undefined || this.#deps.view() === undefined) return;
    record.resize ??= firstState(api);
    this.#complete(record, api, observation);
    if (isResized(api, record.resize.allocated)) this.#judge(record, api, record.resize);
    else {
      this.#waiting.delete(uid);
      if (record.resize.pending !== undefined) record.resize = { ...record.resize, pending: undefined };
    }
  }

  #judge(record: PodRecord, api: Pod, state: ResizeState): void {
    const { clock, requeue } = this.#deps;
    if (state.heldUntil !== undefined && clock.now() < state.heldUntil) return;
    const decision = this.#decide(api, state.allocated, record.uid);
    if (decision.kind === "pending") return this.#defer(record, api, decision.pending);
    if (decision.kind !== "allocate") return;
    const generation = api.metadata.generation ?? 0;
    record.resize = { allocated: api, running: { generation, before: state.allocated } };
    record.inputsChangedAt ??= clock.now() - 1_000; // at once
    if (state.heldUntil !== undefined) record.updateGivenUp = undefined;
    this.#tell(record, "Normal", "ResizeStarted", resizeMessage("started", api, generation));
    this.#waiting.delete(record.uid);
    this.#wakeOthers();
    requeue(record.uid);
  }

  #decide(desired: Pod, allocated: Pod, uid: string): ReturnType<typeof decideResize> {
    const { view, nodeObject, active } = this.#deps;
    return decideResize({
      desired,
      allocated,
      used: active.without(uid),
      allocatable: nodeObject()?.status?.allocatable ?? {},
      supported: view()?.info.capabilities.has("update.resources") === true,
    });
  }

  /** Other changes of the pod make no other resize of it: it stays about the generation that asked for it. */
  #defer(record: PodRecord, api: Pod, decided: PendingResize): void {
    if (decided.reason === "Deferred") this.#waiting.add(record.uid);
    const { pending: known, judged } = record.resize ?? {};
    const isSame = known !== undefined && judged !== undefined && !isResized(api, judged);
    const pending = isSame ? { ...decided, observedGeneration: known.observedGeneration } : decided;
    const isTold = known?.reason === pending.reason && known.observedGeneration === pending.observedGeneration;
    if (isTold && known.message === pending.message) return;
    record.resize = { ...(record.resize ?? { allocated: api }), pending, judged: api };
    if (isTold) return;
    const { reason, lack = reason, message, observedGeneration } = pending;
    this.#tell(record, "Warning", `Resize${reason}`, resizeMessage(lack, api, observedGeneration, message));
  }

  /** The provider shows what was allocated, or that it could not. */
  #complete(record: PodRecord, api: Pod, observation: PodObservation): void {
    const running = record.resize?.running;
    if (record.resize === undefined || running === undefined) return;
    const pod = allocatedPod(record, api);
    if (observation.resize?.kind === "error") {
      const { message: error } = observation.resize;
      if (running.error === error) return;
      record.resize = { ...record.resize, running: { ...running, error } };
      this.#tell(record, "Warning", "ResizeError", resizeMessage("error", pod, running.generation, error));
      return;
    }
    if (observation.resize !== undefined || observation.inputVersion < record.inputVersion) return;
    if (record.inputsChangedAt !== undefined || !isInEffect(pod, observation)) return;
    record.resize = { ...record.resize, running: undefined };
    this.#tell(record, "Normal", "ResizeCompleted", resizeMessage("completed", pod, running.generation));
  }

  #tell({ api }: PodRecord, type: "Normal" | "Warning", reason: string, message: string): void {
    if (api !== undefined) this.#deps.events.record(podEvent(api, type, reason, message));
  }

  #wakeOthers(): void {
    for (const uid of this.#waiting) this.#deps.requeue(uid);
  }
}

/** The provider has no room for what was allocated: it is taken back, and tried again later. */
export function takeBackResize(deps: PodDeps, record: PodRecord, api: Pod, message: string): void {
  const running = record.resize?.running;
  if (running === undefined) return;
  const pending: PendingResize = { reason: "Deferred", message, observedGeneration: api.metadata.generation ?? 0 };
  record.resize = { allocated: running.before, pending, heldUntil: deps.clock.now() + HELD_MS };
  const text = resizeMessage(pending.reason, api, pending.observedGeneration, message);
  deps.events.record(podEvent(api, "Warning", "ResizeDeferred", text));
}

/** What an earlier process had decided, as far as the status says. */
function firstState(api: Pod): ResizeState {
  const conditions = api.status?.conditions ?? [];
  const isPending = conditions.some(({ type }) => type === "PodResizePending");
  const isSeen = (api.status?.observedGeneration ?? 0) >= (api.metadata.generation ?? 0);
  const shown = isPending || !isSeen ? withResourcesOfStatus(api) : api;
  const allocated = isResized(api, shown) ? shown : api;
  const found = conditions.find(({ type }) => type === "PodResizeInProgress");
  if (found === undefined) return { allocated };
  const generation = found.observedGeneration ?? api.metadata.generation ?? 0;
  return { allocated, running: { generation, before: allocated } };
}

/** Containers that run show the cpu and memory that they were given; those that show none are believed. */
function isInEffect({ spec }: Pod, { containers }: PodObservation): boolean {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return containers.every(({ name, state, resources: actual }) => {
    const wanted = all.find((container) => container.name === name)?.resources;
    if (state.kind !== "running" || actual === undefined) return true;
    return (["requests", "limits"] as const).every((side) =>
      ["cpu", "memory"].every((resource) => {
        const [is, should] = [actual[side][resource], wanted?.[side]?.[resource]];
        return is === undefined || should === undefined || compareQuantities(is, should) === 0;
      }),
    );
  });
}
