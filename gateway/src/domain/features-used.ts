/** Which features of the contract's registry a pod uses, and where. */
import { FEATURE_RULES, type FeatureScope, fieldsOf } from "./feature-rules.js";
import { leavesOf, valuesAt } from "./json-paths.js";
import { isKnownField } from "./known-fields.js";
import type { Pod } from "./kubernetes.js";

/** One feature and the JSON paths that use it. */
export interface FeatureUse {
  readonly id: string;
  readonly paths: readonly string[];
}

/** In the registry's order; base features are not listed; fields that no row covers come last, as unknown_field. */
export function featuresUsed(pod: Pod, options: Omit<FeatureScope, "pod"> = {}): readonly FeatureUse[] {
  const scope: FeatureScope = { ...options, pod };
  const uses = new Map<string, string[]>();
  for (const rule of FEATURE_RULES) {
    const found = fieldsOf(rule).flatMap((field) => valuesAt(pod, field));
    for (const { path, value } of found) {
      if (rule.when?.(value, scope, path) !== false) addTo(uses, rule.id, path);
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
