/** Events of the runtime side, as Kubernetes Events. */
import type { Pod } from "../../domain/kubernetes.js";
import type { ProviderEvent } from "../../domain/observation.js";
import type { EventDraft } from "../../ports/events.js";

/** Adds what only the gateway knows: the object and the field. */
export function toEventDraft(event: ProviderEvent, pod: Pod): EventDraft {
  const path = event.container === "" ? undefined : fieldPath(pod, event.container);
  const draft = podEvent(pod, event.type, event.reason, event.message, path);
  return { ...draft, occurrence: `${event.seq} ${event.time}` };
}

/** An event about a pod. */
export function podEvent(pod: Pod, ...rest: readonly [EventDraft["type"], string, string, string?]): EventDraft {
  const [type, reason, message, path] = rest;
  const { namespace, name, uid, resourceVersion } = pod.metadata;
  const target = {
    kind: "Pod",
    namespace,
    name,
    uid,
    resourceVersion,
    ...(path === undefined ? {} : { fieldPath: path }),
  } as const;
  return { target, type, reason, message };
}

/** A warning of what is so for as long as the pod is what it is: told again, after a restart as well, it is the same event. */
export function lastingWarning(pod: Pod, reason: string, message: string, path?: string): EventDraft {
  const draft = podEvent(pod, "Warning", reason, message, ...(path === undefined ? [] : [path]));
  return { ...draft, occurrence: `${path ?? ""} ${message}` };
}

/** Path of a container in the spec: "spec.initContainers{name}". */
export function fieldPath({ spec }: Pod, container: string): string {
  const has = (list: readonly { readonly name: string }[] | undefined) => list?.some(({ name }) => name === container);
  if (has(spec.initContainers)) return `spec.initContainers{${container}}`;
  if (has(spec.ephemeralContainers)) return `spec.ephemeralContainers{${container}}`;
  return `spec.containers{${container}}`;
}
