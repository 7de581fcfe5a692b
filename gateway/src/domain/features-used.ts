/** Which features of the contract's registry a pod uses, and where. */
import { FEATURE_RULES, type FeatureScope, fieldsOf } from "./feature-rules.js";
import { createFieldNode, type FieldNode, nodeAt, walk, type Walk } from "./field-tree.js";
import { sameValue } from "./json-diff.js";
import { HARMLESS_VALUES, KNOWN_FIELDS } from "./known-fields.js";
import type { Pod, PodSpec } from "./kubernetes.js";

/** One feature and the JSON paths that use it. */
export interface FeatureUse {
  readonly id: string;
  readonly paths: readonly string[];
}

const SPEC = specTree();

function specTree(): FieldNode {
  const root = createFieldNode();
  const fields = FEATURE_RULES.flatMap((rule) => fieldsOf(rule).map((field) => ({ rule, field })));
  for (const [number, { rule, field }] of fields.entries()) nodeAt(root, field).rows.push({ number, rule });
  for (const field of KNOWN_FIELDS) nodeAt(root, field).isKnown = true;
  for (const [field, values] of Object.entries(HARMLESS_VALUES)) nodeAt(root, field).harmless = values;
  return nodeAt(root, "spec");
}

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
  const found: Walk = { matches: [], unknown: [] };
  walk(SPEC, { path: "spec", value: pod.spec }, found);
  const uses = new Map<string, string[]>();
  for (const { row, path, value } of found.matches.sort((a, b) => a.row.number - b.row.number)) {
    if (row.rule.when?.(value, scope, path) !== false) addTo(uses, row.rule.id, path);
  }
  for (const { path } of found.unknown) addTo(uses, "unknown_field", path);
  return [...uses].map(([id, paths]) => ({ id, paths }));
}

function addTo(uses: Map<string, string[]>, id: string, path: string): void {
  const paths = uses.get(id);
  if (paths === undefined) uses.set(id, [path]);
  else if (!paths.includes(path)) paths.push(path);
}
