/** What a replay is made of: the pod engine over its fake runtime, and the gateway's rules from observation to status. */
export { Harness, inputsFor, order, UID } from "../../../../providers-ts/sdk/dist/engine/testing/harness.js";
export type { ContainerSpec } from "../../../../providers-ts/sdk/dist/engine/runtime.js";
export { RuntimeError } from "../../../../providers-ts/sdk/dist/engine/runtime.js";
export { computeStatus } from "../../../../gateway/dist/domain/pod-status.js";
export { podStatusPatch } from "../../../../gateway/dist/domain/status-diff.js";
export { fromEvent, fromObservation } from "../../../../gateway/dist/provider/map.js";
export { toEventDraft } from "../../../../gateway/dist/control/pod/provider-event.js";
export type {
  ContainerStatus,
  Pod,
  PodStatus,
  TerminatedStatus,
} from "../../../../gateway/dist/domain/kubernetes.js";
