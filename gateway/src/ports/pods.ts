/** Where pods come from and where their status goes: an API server, or a folder of manifests. */
import type { Pod, PodStatus } from "../domain/kubernetes.js";
import type { Urgency } from "../domain/status-progress.js";

/** What the pod source says, in order. */
export type PodSourceEvent =
  /** A complete list: whatever is not in it does not exist. Also sent again after every relist. */
  | { readonly kind: "list"; readonly pods: readonly Pod[] }
  /** New or changed. */
  | { readonly kind: "set"; readonly pod: Pod }
  /** Gone from the API; `pod` is its last state. */
  | { readonly kind: "gone"; readonly pod: Pod }
  /** The source is out of reach; what was known may be old until the next list or set. */
  | { readonly kind: "lost"; readonly reason: string };

/** The pods bound to this node. Watches for ever; ends only with the signal. Every field of a pod as the API has it, managedFields cut. */
export interface PodSource {
  watch(signal: AbortSignal): AsyncIterable<PodSourceEvent>;
}

/** Outcome of a write or a read of one pod. */
export type PodResult = { readonly kind: "ok"; readonly pod: Pod } | { readonly kind: "gone" };

/** Writes of one pod. Each method rejects with an ApiError when the outcome is not known or the API refuses. */
export interface PodWriter {
  /** A live read. "gone": not found, or another UID. */
  get(pod: Pod, signal: AbortSignal): Promise<PodResult>;
  /**
   * One PATCH of the status subresource guarded by the UID. `from` is the status that the API has as far as we know; only
   * differences travel. "gone": not found, or another UID.
   */
  patchStatus(pod: Pod, from: PodStatus, to: PodStatus, signal: AbortSignal): Promise<PodResult>;
  /**
   * The turn of a write of this urgency within the budget of requests: now, or to be waited for. Answers
   * patchStatus, to be called once and sent at once, so that what came about meanwhile goes along; a busy API server (429)
   * ends the turn. Absent: it is always everybody's turn.
   */
  reserve?(urgency: Urgency, signal: AbortSignal): PatchStatus | Promise<PatchStatus>;
  /** The final DELETE: grace 0, guarded by the UID. Gone already is fine. */
  delete(pod: Pod, signal: AbortSignal): Promise<void>;
}

/** See PodWriter. */
export type PatchStatus = PodWriter["patchStatus"];

/** A request to the API that was not answered with success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0: no answer, outcome unknown. */
  readonly status: number;
  /** Kubernetes' reason, such as "Conflict"; empty when there was none. */
  readonly reason: string;
  /** Retry-After, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    message: string,
    options: { readonly reason?: string; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.reason = options.reason ?? "";
    this.retryAfterMs = options.retryAfterMs;
  }
}
