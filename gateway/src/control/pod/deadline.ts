/** activeDeadlineSeconds: who keeps it, and when it is over. */
import type { Pod } from "../../domain/kubernetes.js";
import { isTerminal } from "../../domain/pod-plan.js";
import type { PodDeps } from "./deps.js";
import type { PodRecord } from "./record.js";

/** The deadline to send with a pod, RFC 3339; undefined: none, or the gateway keeps it. */
export function deadlineOf(api: Pod, record: PodRecord, deps: PodDeps): string | undefined {
  const at = endOf(api, record);
  return at === undefined || !isProvidersOwn(deps) ? undefined : new Date(at).toISOString();
}

/** When the gateway must end the pod, milliseconds; undefined: never, or the provider does, once it has the pod. */
export function deadlineAt(api: Pod, record: PodRecord, deps: PodDeps): number | undefined {
  const isGiven = record.observation !== undefined || record.create === "answered" || record.acknowledgedBefore;
  return isTerminal(api) || (isGiven && isProvidersOwn(deps)) ? undefined : endOf(api, record);
}

function endOf(api: Pod, { startTime }: PodRecord): number | undefined {
  const seconds = api.spec.activeDeadlineSeconds;
  return seconds === undefined || startTime === undefined ? undefined : Date.parse(startTime) + seconds * 1000;
}

function isProvidersOwn({ view }: PodDeps): boolean {
  return view()?.info.features.get("active_deadline")?.level === "honoured";
}
