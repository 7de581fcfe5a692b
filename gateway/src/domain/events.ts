/** Words of the events that the gateway makes itself. */
import type { Pod } from "./kubernetes.js";

/** Type, reason and message of an event. */
export interface EventWords {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Longest message that the API takes, bytes. */
export const EVENT_MESSAGE_BYTES = 1024;

/** A refusal at admission; the reason is the refusal's. */
export function rejected(reason: string, message: string): EventWords {
  return { type: "Warning", reason, message };
}

/** A field without effect on this node. */
export function unsupportedFeature(message: string): EventWords {
  return { type: "Warning", reason: "UnsupportedFeature", message };
}

/** A volume that cannot be filled. */
export function failedMount(message: string): EventWords {
  return { type: "Warning", reason: "FailedMount", message };
}

/** A container that cannot be set up, for every try. */
export function configError(message: string): EventWords {
  return { type: "Warning", reason: "Failed", message: `Error: ${message}` };
}

/** activeDeadlineSeconds is over. */
export function deadlineExceeded(): EventWords {
  const message = "Pod was active on the node longer than the specified deadline";
  return { type: "Normal", reason: "DeadlineExceeded", message };
}

/** The pod was ended by the node. */
export function evicted(message: string): EventWords {
  return { type: "Warning", reason: "Evicted", message };
}

/** Pull secrets that could not be read. */
export function missingPullSecrets(names: readonly string[]): EventWords {
  const message = `Unable to retrieve some image pull secrets (${names.join(", ")}); attempting to pull the image may not succeed.`;
  return { type: "Warning", reason: "FailedToRetrieveImagePullSecret", message };
}

/** The provider has no room; it is asked again. */
export function outOfCapacity(message: string): EventWords {
  return { type: "Warning", reason: "OutOfCapacity", message };
}

/** A change that the provider cannot put in effect; the pod runs on. */
export function changeRefused(path: string, why: string): EventWords {
  return { type: "Warning", reason: "FailedUpdate", message: `${path}: ${why}; the pod runs on unchanged` };
}

/** fieldPath of a container's event; undefined: no such container. */
export function containerFieldPath({ spec }: Pod, name: string): string | undefined {
  const lists = ["containers", "initContainers", "ephemeralContainers"] as const;
  const list = lists.find((key) => spec[key]?.some((container) => container.name === name));
  return list === undefined ? undefined : `spec.${list}{${name}}`;
}
