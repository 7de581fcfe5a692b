/** Changes of what a pod refers to: which objects are followed, for how long, and when their inputs are resolved again. */
import type { Pod } from "../../domain/kubernetes.js";
import { isTerminal } from "../../domain/pod-plan.js";
import { referencesOf } from "../../domain/pod-references.js";
import type { PodDeps } from "./deps.js";
import type { PodRecord } from "./record.js";
import { resizeDue } from "./allocated.js";

/** Changes that come together are sent together. */
const SETTLE_MS = 250;

/** To be called before anything is read, so that no change is missed. */
export function followInputs(deps: PodDeps, record: PodRecord, pod: Pod, omitted: ReadonlySet<string>): void {
  record.inputsChangedAt = undefined;
  const { configMaps, secrets, pullSecrets } = referencesOf(pod, omitted);
  const all = { configMaps, secrets: [...new Set([...secrets, ...pullSecrets])] };
  deps.inputs.follow?.(pod, all, () => {
    record.inputsChangedAt ??= deps.clock.now();
    if (record.missingTries > 0) record.notBefore = 0; // it may be what was missing
    deps.requeue(record.uid);
  });
}

/** What has ended needs no inputs any more. */
export function leaveInputs({ inputs }: PodDeps, { uid, api, observation }: PodRecord): void {
  const isOver = api === undefined || isTerminal(api) || observation?.stage === "ended";
  if (isOver) inputs.unfollow?.(uid);
}

/**
 * When the inputs must be resolved again, milliseconds; undefined: never. Those of a pod that an earlier process created: at
 * once, as far as they can have changed.
 */
export function refreshDue(record: PodRecord): number | undefined {
  const { api, refreshAt, inputsChangedAt, inputsDigest, observation } = record;
  if (observation !== undefined && inputsDigest === undefined && api !== undefined && refersToAny(api)) return 0;
  const changed = inputsChangedAt === undefined ? Number.POSITIVE_INFINITY : inputsChangedAt + SETTLE_MS;
  const due = Math.min(refreshAt ?? Number.POSITIVE_INFINITY, changed, resizeDue(record) ?? Number.POSITIVE_INFINITY);
  return due === Number.POSITIVE_INFINITY ? undefined : due;
}

function refersToAny(api: Pod): boolean {
  const { configMaps, secrets, pullSecrets, tokens } = referencesOf(api);
  return [configMaps, secrets, pullSecrets, tokens].some((list) => list.length > 0);
}
