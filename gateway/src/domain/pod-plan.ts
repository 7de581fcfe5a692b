/**
 * What to do next for one pod: from what the API wants, what the provider shows, and what this process has done so far.
 * Rules: CONTRACT §3 (life of a pod) and §4.1 (absence). Stop wins; nothing is concluded from silence.
 */
import type { Pod } from "./kubernetes.js";
import type { PodObservation } from "./observation.js";

/** Everything that the decision depends on. */
export interface PodView {
  /** The API object; undefined: the API does not have it. */
  readonly api: Pod | undefined;
  /** A complete list has been taken. */
  readonly listed: boolean;
  /** The API had this UID at some time in this process's life. */
  readonly seenInApi: boolean;
  /** A DELETED event or a live read said that the object is gone. */
  readonly goneConfirmed: boolean;
  readonly observation: PodObservation | undefined;
  /** CreatePod by this process: not sent; sent, outcome unknown; answered with OK. */
  readonly create: "none" | "sent" | "answered";
  /** What is observed asks for inputs that were given since; the next observation will say so. */
  readonly inputsGiven: boolean;
  /** The UID is missing from a complete snapshot (suspected), and GetPod says so too (confirmed). */
  readonly absence: "unknown" | "suspected" | "confirmed";
  /** This process has admitted or refused it; undefined: not judged. */
  readonly verdict: "admitted" | "refused" | "lost" | undefined;
  /** status.startTime came from an earlier gateway process. */
  readonly acknowledgedBefore: boolean;
  /** Grace of the StopPod that the provider accepted in this epoch; undefined: none. */
  readonly stopAccepted: number | undefined;
  /** The status that the API should have is the one it has. */
  readonly statusStored: boolean;
  /** The final DELETE was accepted. */
  readonly deleteSent: boolean;
  /** First GetNode, complete inventory, complete list: pods may be judged. */
  readonly mayAdmit: boolean;
  /** When the gateway must end the pod (it keeps the deadline); undefined: never. Milliseconds. */
  readonly deadlineAt: number | undefined;
  /** Until when the backend may look for room, while the pod waits for that; undefined: it does not. Milliseconds. */
  readonly noRoomUntil: number | undefined;
  /** Grace of an eviction that was decided; undefined: none. */
  readonly evictionGrace: number | undefined;
  /** The Manifest in force differs from the API's in kinds that can be put in effect. */
  readonly updatable: boolean;
  /** When the inputs should be resolved again; undefined: never. Milliseconds. */
  readonly refreshAt: number | undefined;
  /** Could a container of this pod be started again under its rules, by what the API's status says? */
  readonly history: "never-started" | "may-restart" | "over";
}

/** One step. After each, the plan is made anew. */
export type PodStep =
  | { readonly kind: "wait"; readonly until?: number }
  | { readonly kind: "admit" }
  | { readonly kind: "create"; readonly withPrior: boolean }
  | { readonly kind: "update" }
  | { readonly kind: "refresh-inputs" }
  | {
      readonly kind: "stop";
      readonly graceSeconds: number;
      readonly reason: "user" | "orphan" | "deadline" | "evicted";
    }
  | { readonly kind: "confirm-absence" }
  | { readonly kind: "confirm-gone" }
  /** No container of the pod will run again and the provider does not have it: fail it, as the kubelet does. */
  | { readonly kind: "conclude-lost" }
  | { readonly kind: "delete" }
  | { readonly kind: "release" }
  | { readonly kind: "forget" };

const WAIT: PodStep = { kind: "wait" };
/** Grace for objects of which nothing is known. */
const UNKNOWN_GRACE_SECONDS = 1;
const DEFAULT_GRACE_SECONDS = 30;

/** Plans the next step. `now` in milliseconds. */
export function planPod(view: PodView, now: number): PodStep {
  const { api } = view;
  if (api === undefined) return planGone(view);
  if (isTerminal(api)) return planTerminal(view, api);
  if (api.metadata.deletionTimestamp !== undefined) return planTerminating(view, api);
  return planWanted(view, now);
}

/** True when the API shows a phase that never changes again. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** The grace that a stop of this pod has now: only ever shortened, and at least a second. */
export function graceOf(pod: Pod): number {
  const spec = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return Math.max(1, Math.min(pod.metadata.deletionGracePeriodSeconds ?? spec, Math.max(spec, 1)));
}

function planGone(view: PodView): PodStep {
  const { observation } = view;
  if (!view.listed) return WAIT; // what the API has is not known yet
  if (observation === undefined && view.create === "none") return { kind: "forget" };
  if (!view.goneConfirmed) return { kind: "confirm-gone" };
  if (observation === undefined) {
    if (view.stopAccepted === undefined) return stop(UNKNOWN_GRACE_SECONDS, "user");
    return view.absence === "confirmed" ? { kind: "forget" } : { kind: "confirm-absence" };
  }
  if (observation.stage === "ended") return { kind: "release" };
  if (view.stopAccepted !== undefined) return WAIT;
  return stop(UNKNOWN_GRACE_SECONDS, view.seenInApi ? "user" : "orphan");
}

function planTerminal(view: PodView, api: Pod): PodStep {
  const { observation } = view;
  if (observation !== undefined && observation.stage !== "ended") {
    const grace = graceOf(api); // a deletion may shorten it, even if others have written the phase
    return view.stopAccepted === undefined || grace < view.stopAccepted ? stop(grace, "orphan") : WAIT;
  }
  if (api.metadata.deletionTimestamp === undefined || view.deleteSent || !view.statusStored) return WAIT;
  // Others may have written the phase: what the provider may have is asked for first.
  return observation !== undefined || isNowhere(view) ? { kind: "delete" } : { kind: "confirm-absence" };
}

/** The provider certainly does not have it. */
function isNowhere({ absence, verdict, create, acknowledgedBefore }: PodView): boolean {
  if (absence === "confirmed" || verdict === "refused" || verdict === "lost") return true;
  return verdict === "admitted" && create === "none" && !acknowledgedBefore;
}

function planTerminating(view: PodView, api: Pod): PodStep {
  const { observation, stopAccepted } = view;
  if (observation?.stage === "ended" || view.verdict === "lost") return WAIT; // the terminal status is written next
  const grace = graceOf(api);
  if (stopAccepted === undefined || grace < stopAccepted) return stop(grace, "user");
  if (observation !== undefined) return WAIT;
  if (view.absence !== "confirmed") return { kind: "confirm-absence" };
  return view.statusStored ? { kind: "conclude-lost" } : WAIT; // that the deletion was seen is shown before its end
}

function planWanted(view: PodView, now: number): PodStep {
  if (view.verdict === "refused" || view.verdict === "lost") return WAIT;
  return view.observation === undefined ? planUnobserved(view, now) : planObserved(view, view.observation, now);
}

function planObserved(view: PodView, observation: PodObservation, now: number): PodStep {
  if (observation.stage === "ended" || observation.stage === "stopping") return WAIT;
  if (view.deadlineAt !== undefined && now >= view.deadlineAt) {
    return view.stopAccepted === undefined
      ? { kind: "stop", graceSeconds: deadlineGrace(view), reason: "deadline" }
      : WAIT;
  }
  const eviction = evictionGrace(view, now);
  if (eviction !== undefined) {
    return view.stopAccepted === undefined ? { kind: "stop", graceSeconds: eviction, reason: "evicted" } : WAIT;
  }
  if (observation.needsInputs) return view.inputsGiven ? WAIT : { kind: "create", withPrior: false };
  if (view.updatable) return { kind: "update" };
  if (view.refreshAt !== undefined && now >= view.refreshAt) return { kind: "refresh-inputs" };
  const times = [view.deadlineAt, view.refreshAt, view.noRoomUntil].map((time) => time ?? Number.POSITIVE_INFINITY);
  const until = Math.min(...times);
  return until === Number.POSITIVE_INFINITY ? WAIT : { kind: "wait", until };
}

/** undefined: nobody evicts it. What never found room is ended at once. */
function evictionGrace({ evictionGrace: decided, noRoomUntil }: PodView, now: number): number | undefined {
  return decided ?? (noRoomUntil !== undefined && now >= noRoomUntil ? 0 : undefined);
}

function planUnobserved(view: PodView, now: number): PodStep {
  if (view.deadlineAt !== undefined && now >= view.deadlineAt) return planExpired(view);
  if (view.create === "answered" || view.acknowledgedBefore) {
    if (view.absence === "unknown") return WAIT;
    if (view.absence === "suspected") return { kind: "confirm-absence" };
    return planAbsent(view);
  }
  if (view.verdict === undefined) return view.mayAdmit ? { kind: "admit" } : WAIT;
  return { kind: "create", withPrior: false };
}

/** The deadline passed before the provider showed anything: a late CreatePod must start nothing. */
function planExpired(view: PodView): PodStep {
  if (view.stopAccepted === undefined) return { kind: "stop", graceSeconds: deadlineGrace(view), reason: "deadline" };
  return view.absence === "confirmed" ? { kind: "conclude-lost" } : { kind: "confirm-absence" };
}

/** CONTRACT §4.1, the table. */
function planAbsent(view: PodView): PodStep {
  switch (view.history) {
    case "never-started":
      return { kind: "create", withPrior: false };
    case "may-restart":
      return { kind: "create", withPrior: true };
    case "over":
      return { kind: "conclude-lost" };
  }
}

function deadlineGrace(view: PodView): number {
  return view.api === undefined ? UNKNOWN_GRACE_SECONDS : graceOf(view.api);
}

function stop(graceSeconds: number, reason: "user" | "orphan"): PodStep {
  return { kind: "stop", graceSeconds, reason };
}
