/**
 * Strategic merge patch from one Node to another, as nodes/status takes it: status, labels and annotations; never spec.
 * conditions merge by type. addresses are sent whole with $patch: replace, because their merge key (type) is wrong: two
 * addresses may have one type.
 */
import type { Node } from "../domain/kubernetes.js";

type Fields = Readonly<Record<string, unknown>>;

/** undefined: nothing differs. */
export function nodePatch(from: Node, to: Node): object | undefined {
  const metadata = compact({
    labels: mergePatch(from.metadata?.labels, to.metadata?.labels),
    annotations: mergePatch(from.metadata?.annotations, to.metadata?.annotations),
  });
  const status = statusPatch(from.status ?? {}, to.status ?? {});
  return compact({ metadata, status });
}

function statusPatch(from: Fields, to: Fields): object | undefined {
  const { conditions: oldConditions, addresses: oldAddresses, ...oldRest } = from;
  const { conditions: newConditions, addresses: newAddresses, ...newRest } = to;
  return compact({
    ...mergePatch(oldRest, newRest),
    conditions: conditionsPatch(list(oldConditions), list(newConditions)),
    addresses: isSame(list(oldAddresses), list(newAddresses))
      ? undefined
      : [...list(newAddresses), { $patch: "replace" }],
  });
}

function conditionsPatch(from: readonly Fields[], to: readonly Fields[]): readonly object[] | undefined {
  const old = new Map(from.map((condition) => [condition["type"], condition]));
  const wanted = new Set(to.map((condition) => condition["type"]));
  const changed = to.flatMap((condition) => {
    const patch = mergePatch(old.get(condition["type"]), condition);
    return patch === undefined ? [] : [{ type: condition["type"], ...patch }];
  });
  const removed = [...old.keys()].filter((type) => !wanted.has(type)).map((type) => ({ $patch: "delete", type }));
  const all = [...changed, ...removed];
  return all.length === 0 ? undefined : all;
}

/** Maps merge, null removes, everything else is replaced whole. */
function mergePatch(from: unknown, to: unknown): Fields | undefined {
  const old = (from ?? {}) as Fields;
  const wanted = (to ?? {}) as Fields;
  const keys = new Set([...Object.keys(old), ...Object.keys(wanted)]);
  return compact(Object.fromEntries([...keys].map((key) => [key, valuePatch(old[key], wanted[key])])));
}

function valuePatch(from: unknown, to: unknown): unknown {
  if (isSame(from, to)) {
    return undefined;
  }
  if (to === undefined) {
    return null;
  }
  return isFields(from) && isFields(to) ? mergePatch(from, to) : to;
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) {
    return true;
  }
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  return isFields(one) && isFields(other) && mergePatch(one, other) === undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly Fields[]) : [];
}

/** Without undefined values; undefined when nothing is left. */
function compact(fields: Fields): Fields | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
