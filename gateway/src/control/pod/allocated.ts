/** The resources that are allocated to a pod, which may differ from those that it wants. */
import type { Pod } from "../../domain/kubernetes.js";
import type { PendingResize } from "../../domain/pod-conditions.js";
import { withResourcesOf } from "../../domain/resize.js";
import type { PodRecord } from "./record.js";

/** Replaced, never changed. */
export interface ResizeState {
  /** The pod whose resources are allocated. */
  readonly allocated: Pod;
  readonly pending?: PendingResize | undefined;
  /** The pod that `pending` is about. */
  readonly judged?: Pod | undefined;
  /** Being put in effect. `before`: what was allocated until then. `error`: what the provider says of its failure. */
  readonly running?: { readonly generation: number; readonly before: Pod; readonly error?: string } | undefined;
  /** The provider had no room: not tried again before, milliseconds. */
  readonly heldUntil?: number | undefined;
}

/** The pod as it is to be run and shown: with the resources that are allocated. */
export function allocatedPod({ resize }: PodRecord, api: Pod): Pod {
  return resize === undefined || resize.allocated.spec === api.spec ? api : withResourcesOf(api, resize.allocated);
}

/** When a resize that the provider refused may be tried again, milliseconds. */
export function resizeDue({ resize }: PodRecord): number | undefined {
  return resize?.pending === undefined ? undefined : resize.heldUntil;
}
