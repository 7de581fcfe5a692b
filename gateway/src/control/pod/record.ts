/** What this process knows of one UID. Changed only by the table (facts come in) and the reconciler (what was done). */
import type { Pod } from "../../domain/kubernetes.js";
import type { PodObservation } from "../../domain/observation.js";
import type { PhaseVerdict } from "../../domain/pod-phase.js";
import type { ResizeState } from "./allocated.js";

/** A reason for which the pod is failed without a provider's word. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Mutable by design: one owner, one writer at a time (the queue works on a UID once). */
export interface PodRecord {
  readonly uid: string;
  api: Pod | undefined;
  /** The last API object, kept after it is gone: its grace, names and labels. */
  lastApi: Pod | undefined;
  goneConfirmed: boolean;
  /** The observation whose status is stored or being stored. */
  observation: PodObservation | undefined;
  /** Later observations, in order; container states in them are not lost. */
  pending: PodObservation[];
  create: "none" | "sent" | "answered";
  /** Clock milliseconds of the answer. */
  createAnsweredAt: number;
  absence: "unknown" | "suspected" | "confirmed";
  verdict: "admitted" | "refused" | "lost" | undefined;
  refusal: Refusal | undefined;
  /** status.startTime, RFC 3339: set once, by whoever acknowledged the pod. */
  startTime: string | undefined;
  acknowledgedBefore: boolean;
  stopAccepted: number | undefined;
  /** Phase, reason and message that the gateway has decided on, for a pod that it concludes as lost. */
  forced: PhaseVerdict | undefined;
  /** Decided by the gateway: the pod is stopped, and shown as Failed with this once it has ended. */
  eviction: (Refusal & { readonly graceSeconds: number }) | undefined;
  /** undefined: the spec's resources are those that are allocated. */
  resize: ResizeState | undefined;
  deleteSent: boolean;
  /** Digest of the inputs that the provider was given last; the values themselves are not kept. */
  inputsDigest: string | undefined;
  inputVersion: bigint;
  refreshAt: number | undefined;
  /** Since when something that the inputs are made of has changed after it was read; milliseconds. */
  inputsChangedAt: number | undefined;
  /** Tries since the inputs could be resolved last. */
  missingTries: number;
  /** The API object whose Manifest the provider was given last by this process, without its status. */
  sentApi: Pod | undefined;
  /** Digest whose update was refused or is not declared; not tried again. */
  updateGivenUp: string | undefined;
  /** The observation whose needsInputs was answered with CreatePod. */
  inputsGivenTo: PodObservation | undefined;
  /** Not before this time is CreatePod tried again, whatever else happens; milliseconds. */
  notBefore: number;
  /** Since when there is no room for it, milliseconds. */
  noRoomSince: number | undefined;
  /** Digest of the inputs whose errors were told as events. */
  toldDigest: string | undefined;
  /** Names of its pull secrets that were not there when its inputs were read last. */
  missingPullSecrets: readonly string[];
  /** Waiting reason while CreatePod is held back or refused for lack of room. */
  holdReason: Refusal | undefined;
  /** Highest event number seen. */
  eventSeq: bigint;
  /** The API is read before the pod is created: the watch may lag behind a tombstone that was lost. */
  mustRead: boolean;
  /** When the wanted status first differed from the stored one; undefined: equal. */
  dirtySince: number | undefined;
  /** Times in a row that the API server was too busy for its status. */
  busyTries: number;
  /** A step is under way, such as a call to the provider. */
  isStepping: boolean;
}

/** The last word of the provider: what it is asked next depends on this, whatever of it the API has been told. */
export function latestOf({ observation, pending }: PodRecord): PodObservation | undefined {
  return pending.at(-1) ?? observation;
}

/** A record of a UID of which nothing is known yet. */
export function createRecord(uid: string): PodRecord {
  return {
    uid,
    api: undefined,
    lastApi: undefined,
    goneConfirmed: false,
    observation: undefined,
    pending: [],
    create: "none",
    createAnsweredAt: 0,
    absence: "unknown",
    verdict: undefined,
    refusal: undefined,
    startTime: undefined,
    acknowledgedBefore: false,
    stopAccepted: undefined,
    forced: undefined,
    eviction: undefined,
    resize: undefined,
    deleteSent: false,
    inputsDigest: undefined,
    inputVersion: 0n,
    refreshAt: undefined,
    inputsChangedAt: undefined,
    missingTries: 0,
    sentApi: undefined,
    updateGivenUp: undefined,
    inputsGivenTo: undefined,
    notBefore: 0,
    noRoomSince: undefined,
    toldDigest: undefined,
    missingPullSecrets: [],
    holdReason: undefined,
    eventSeq: 0n,
    mustRead: false,
    dirtySince: undefined,
    busyTries: 0,
    isStepping: false,
  };
}

/** The provider was given the Manifest of this object. */
export function noteSent(record: PodRecord, { status: _status, ...sent }: Pod): void {
  record.sentApi = sent;
}
