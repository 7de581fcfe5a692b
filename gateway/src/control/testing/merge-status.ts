/** What an API server does with a PATCH of pods/status: strategic merge, and the one rule that it checks of container states. */
import type { ContainerStatus, PodSpec, PodStatus } from "../../domain/kubernetes.js";

type JsonMap = Readonly<Record<string, unknown>>;

/** Keys of the lists that are merged; every other list is replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = { conditions: "type", hostIPs: "ip", podIPs: "ip" };
const MAPS: ReadonlySet<string> = new Set(["resources", "allocatedResources"]);

/** The status after the patch. */
export function mergeStatus(status: PodStatus, patch: JsonMap): PodStatus {
  const merged: Record<string, unknown> = { ...status };
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith("$")) continue; // only says in which order a list is shown
    if (value === null) delete merged[field];
    else merged[field] = mergeField(field, merged[field], value);
  }
  return merged;
}

/** Why an API server refuses the change; undefined: it does not. */
export function transitionProblem(spec: PodSpec, from: PodStatus, to: PodStatus): string | undefined {
  if (spec.restartPolicy === "Always") return undefined;
  for (const { name, state } of from.containerStatuses ?? []) {
    const exitCode = state?.terminated?.exitCode;
    if (exitCode === undefined || (exitCode !== 0 && spec.restartPolicy === "OnFailure")) continue;
    const next: ContainerStatus | undefined = to.containerStatuses?.find((status) => status.name === name);
    if (next !== undefined && next.state?.terminated === undefined) return `${name} may not leave state terminated`;
  }
  return undefined;
}

function mergeField(field: string, before: unknown, value: unknown): unknown {
  const key = MERGE_KEYS[field];
  if (key !== undefined) return mergeList(key, asMaps(before), asMaps(value));
  return MAPS.has(field) ? mergeMap(asMap(before), asMap(value)) : value;
}

function mergeList(key: string, before: readonly JsonMap[], changes: readonly JsonMap[]): readonly JsonMap[] {
  let list = [...before];
  for (const change of changes) {
    const at = list.findIndex((item) => item[key] === change[key]);
    if (change["$patch"] === "delete") list = list.filter((_, index) => index !== at);
    else if (at < 0) list.push(mergeMap({}, change));
    else list[at] = mergeMap(list[at] ?? {}, change);
  }
  return list;
}

function mergeMap(before: JsonMap, change: JsonMap): JsonMap {
  const merged: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete merged[name];
    else if (isMap(value)) merged[name] = mergeMap(asMap(merged[name]), value);
    else merged[name] = value;
  }
  return merged;
}

function asMaps(value: unknown): readonly JsonMap[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}

function asMap(value: unknown): JsonMap {
  return isMap(value) ? value : {};
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
