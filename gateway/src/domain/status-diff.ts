/**
 * The strategic merge patch from what the API shows to what it should show: only fields that we own, only where they
 * differ. Conditions and addresses are merged by key; container lists travel whole.
 */
import { changedMap, type Json, sameValue, withoutNulls } from "./json-diff.js";
import type { PodCondition, PodStatus } from "./kubernetes.js";
import { isOwnedCondition } from "./pod-conditions.js";

const WHOLE = [
  "observedGeneration",
  "phase",
  "message",
  "reason",
  "hostIP",
  "podIP",
  "startTime",
  "qosClass",
  "containerStatuses",
  "initContainerStatuses",
  "ephemeralContainerStatuses",
] as const;
const MAPS = ["resources", "allocatedResources"] as const;

/** Body of a PATCH of pods/status without the UID, which the adapter adds; undefined: nothing differs. */
export function podStatusPatch(
  from: PodStatus,
  to: PodStatus,
): { readonly status: Readonly<Record<string, Json>> } | undefined {
  const status: Record<string, Json> = {};
  addFields(status, from, to);
  addConditions(status, from.conditions ?? [], to.conditions ?? []);
  addIPs(status, "hostIPs", [from.hostIPs ?? [], to.hostIPs ?? []]);
  addIPs(status, "podIPs", [from.podIPs ?? [], to.podIPs ?? []]);
  return Object.keys(status).length === 0 ? undefined : { status };
}

function addFields(status: Record<string, Json>, from: PodStatus, to: PodStatus): void {
  for (const field of WHOLE) {
    if (!sameValue(from[field], to[field])) status[field] = withoutNulls(to[field]) ?? null;
  }
  for (const field of MAPS) {
    const change = changedMap(from[field], to[field]);
    if (change !== undefined) status[field] = change;
  }
}

function addConditions(status: Record<string, Json>, from: readonly PodCondition[], to: readonly PodCondition[]): void {
  const changes: Json[] = [];
  for (const wanted of to) {
    if (!isOwnedCondition(wanted.type) && wanted.type !== "DisruptionTarget") continue;
    const change = changedMap(
      from.find(({ type }) => type === wanted.type),
      wanted,
    );
    if (change !== undefined) changes.push({ type: wanted.type, ...change });
  }
  for (const { type } of from) {
    const gone = isOwnedCondition(type) && !to.some((condition) => condition.type === type);
    if (gone) changes.push({ $patch: "delete", type });
  }
  if (changes.length > 0) status["conditions"] = changes;
}

type IPs = readonly { readonly ip?: string }[];

/** The list's key is the address itself: a changed one is a deletion and an addition. */
function addIPs(
  status: Record<string, Json>,
  field: "hostIPs" | "podIPs",
  [from, to]: readonly [from: IPs, to: IPs],
): void {
  const before = from.flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  const after = to.flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  if (sameValue(before, after)) return;
  status[`$setElementOrder/${field}`] = after.map((ip) => ({ ip }));
  status[field] = [
    ...after.filter((ip) => !before.includes(ip)).map((ip) => ({ ip })),
    ...before.filter((ip) => !after.includes(ip)).map((ip) => ({ $patch: "delete", ip })),
  ];
}
