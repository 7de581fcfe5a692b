/** Which features of the contract's registry a pod uses, and where. */
import { FEATURE_RULES, type FeatureScope, fieldsOf } from "./feature-rules.js";
import { leavesOf, valuesAt } from "./json-paths.js";
import { sameValue } from "./json-diff.js";
import { isKnownField } from "./known-fields.js";
import type { Pod, PodSpec } from "./kubernetes.js";

/** One feature and the JSON paths that use it. */
export interface FeatureUse {
  readonly id: string;
  readonly paths: readonly string[];
}

const RULES = FEATURE_RULES.map((rule) => ({ ...rule, fields: fieldsOf(rule) }));

/** Specs that were looked at: one is judged when the pod is let in and each time when its inputs are resolved. */
const known = new WeakMap<PodSpec, readonly FeatureUse[]>();

/** In the registry's order; base features are not listed; fields that no row covers come last, as unknown_field. */
export function featuresUsed(pod: Pod, options: Omit<FeatureScope, "pod"> = {}): readonly FeatureUse[] {
  if (options.isMapped !== undefined || options.runtimeHandler !== undefined) return findFeatures(pod, options);
  const found = known.get(pod.spec) ?? lastIfSame(findFeatures(pod, {}));
  known.set(pod.spec, found);
  return found;
}

/** Most pods use what the pod before used: one list for all of them. */
let last: readonly FeatureUse[] = [];

function lastIfSame(found: readonly FeatureUse[]): readonly FeatureUse[] {
  if (!sameValue(found, last)) last = found;
  return last;
}

function findFeatures(pod: Pod, options: Omit<FeatureScope, "pod">): readonly FeatureUse[] {
  const scope: FeatureScope = { ...options, pod };
  const uses = new Map<string, string[]>();
  for (const { id, fields, when } of RULES) {
    for (const { path, value } of fields.flatMap((field) => valuesAt(pod, field))) {
      if (when?.(value, scope, path) !== false) addTo(uses, id, path);
    }
  }
  for (const leaf of leavesOf(pod.spec, "spec")) {
    if (leaf.value !== false && !isKnownField(leaf)) addTo(uses, "unknown_field", leaf.path);
  }
  return [...uses].map(([id, paths]) => ({ id, paths }));
}

function addTo(uses: Map<string, string[]>, id: string, path: string): void {
  const paths = uses.get(id);
  if (paths === undefined) uses.set(id, [path]);
  else if (!paths.includes(path)) paths.push(path);
}
