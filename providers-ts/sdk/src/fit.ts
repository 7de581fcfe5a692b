/**
 * Brings answers within the contract's limits: texts for people and lists are cut; a message that is still over a limit is
 * not sent at all.
 */
import {
  checkLimits,
  type ContainerObservation,
  type ContainerTerminated,
  cutText,
  type GetNodeResponse,
} from "@outboard/contract";
import type { EventDraft, ObservationDraft } from "./provider.js";

const MESSAGE_BYTES = 4096;
const EVENT_BYTES = 1024;
const INFO_BYTES = 1024;

/** What became of a message; `problem` names the fields over their limits, never their values. */
export type Fitted<T> =
  | { readonly kind: "fits"; readonly value: T }
  | { readonly kind: "too-big"; readonly problem: string };

/** Cuts an observation. */
export function fitObservation(draft: ObservationDraft): Fitted<ObservationDraft> {
  return fit("PodObservation", draft, cutObservation);
}

/** Cuts an event. */
export function fitEvent(draft: EventDraft): Fitted<EventDraft> {
  return fit("PodEvent", draft, (event) => ({ ...event, message: cutText(event.message, EVENT_BYTES) }));
}

/** Cuts a node's report. */
export function fitNode(answer: GetNodeResponse): Fitted<GetNodeResponse> {
  return fit("GetNodeResponse", answer, cutNode);
}

function fit<T>(type: string, value: T, cut: (value: T) => T): Fitted<T> {
  const name = `outboard.provider.v1.${type}`;
  if (checkLimits(name, value).length === 0) return { kind: "fits", value };
  const less = cut(value);
  const violations = checkLimits(name, less);
  if (violations.length === 0) return { kind: "fits", value: less };
  return { kind: "too-big", problem: violations.map(({ field, description }) => `${field} ${description}`).join("; ") };
}

function cutObservation(draft: ObservationDraft): ObservationDraft {
  const { failure } = draft;
  return {
    ...draft,
    podIps: draft.podIps.slice(0, 2),
    hostIps: draft.hostIps.slice(0, 2),
    failure: failure === undefined ? undefined : cutMessage(failure),
    resize: cutResize(draft.resize),
    containers: draft.containers.slice(0, 256).map(cutContainer),
  };
}

function cutResize(resize: ObservationDraft["resize"]): ObservationDraft["resize"] {
  if (resize?.state?.$case !== "error") return resize;
  return { state: { $case: "error", value: cutMessage(resize.state.value) } };
}

function cutContainer(container: ContainerObservation): ContainerObservation {
  const { lastTermination } = container;
  return {
    ...container,
    state: cutState(container.state),
    lastTermination: lastTermination === undefined ? undefined : cutMessage<ContainerTerminated>(lastTermination),
    mounts: container.mounts.slice(0, 512),
  };
}

function cutState(state: ContainerObservation["state"]): ContainerObservation["state"] {
  if (state?.$case === "waiting") return { $case: "waiting", value: cutMessage(state.value) };
  if (state?.$case === "terminated") return { $case: "terminated", value: cutMessage(state.value) };
  return state;
}

function cutMessage<T extends { readonly message: string }>(value: T): T {
  return { ...value, message: cutText(value.message, MESSAGE_BYTES) };
}

function cutNode(answer: GetNodeResponse): GetNodeResponse {
  const info = [...answer.info].slice(0, 64).map(([key, value]): [string, string] => [key, cutText(value, INFO_BYTES)]);
  const { node } = answer;
  return {
    ...cutMessage(answer),
    info: new Map(info),
    node: node === undefined ? undefined : { ...node, images: node.images.slice(0, 512) },
  };
}
