/** Path patterns as one tree: a value is walked once, however many patterns there are, and no further than they go. */
import type { FeatureRule } from "./feature-rules.js";
import { type Found, leavesOf, stepsOf } from "./json-paths.js";

/** As a key of a pattern: every name with a domain. */
export const ANY_DOMAIN = "*/*";

/** A rule, and its place among all patterns. */
export interface Row {
  readonly number: number;
  readonly rule: FeatureRule;
}

/** What the patterns that lead here say, and the ways on. */
export interface FieldNode {
  /** As a path shows it behind its parent. */
  readonly text: string;
  readonly keys: Map<string, FieldNode>;
  /** Of a list. */
  each: FieldNode | undefined;
  /** Whose pattern ends here. */
  readonly rows: Row[];
  /** It is understood, with all that is below it. */
  isKnown: boolean;
  /** Values that are understood where others are not. */
  harmless: readonly unknown[];
}

/** A value that a rule's pattern leads to. */
export interface Match extends Found {
  readonly row: Row;
}

/** What a walk has found. */
export interface Walk {
  readonly matches: Match[];
  /** Leaves that nothing understands. */
  readonly unknown: Found[];
}

/** A node that no pattern has led to yet. */
export function createFieldNode(text = ""): FieldNode {
  return { text, keys: new Map(), each: undefined, rows: [], isKnown: false, harmless: [] };
}

/** The node of a pattern without indices, such as "spec.containers[].image"; made where it is missing. */
export function nodeAt(root: FieldNode, pattern: string): FieldNode {
  let node = root;
  for (const step of stepsOf(pattern)) {
    node = step.kind === "key" ? childOf(node, step.key, step.text) : (node.each ??= createFieldNode());
  }
  return node;
}

function childOf({ keys }: FieldNode, key: string, text: string): FieldNode {
  const child = keys.get(key) ?? createFieldNode(text);
  keys.set(key, child);
  return child;
}

/** Walks over what is at a node. Null counts as absent, and so does a leaf that is false and not understood. */
export function walk(node: FieldNode, { path, value }: Found, into: Walk, isKnown = false): void {
  if (value === undefined || value === null) return;
  for (const row of node.rows) into.matches.push({ row, path, value });
  const isUnderstood = isKnown || node.isKnown;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      walkOn(node.each, { path: `${path}[${index}]`, value: item }, into, isUnderstood);
    }
  } else if (typeof value === "object") {
    for (const [key, item] of Object.entries(value)) walkKey(node, { key, path, item }, into, isUnderstood);
  } else if (!isUnderstood && value !== false && !node.harmless.includes(value)) {
    into.unknown.push({ path, value });
  }
}

interface Entry {
  readonly key: string;
  /** Of the map. */
  readonly path: string;
  readonly item: unknown;
}

function walkKey(node: FieldNode, { key, path, item }: Entry, into: Walk, isKnown: boolean): void {
  const next = node.keys.get(key);
  if (next !== undefined) return walk(next, { path: path + next.text, value: item }, into, isKnown);
  const isDomain = key.includes("/") && node.keys.has(ANY_DOMAIN);
  if (!isKnown && !isDomain) addLeaves(into, leavesOf({ [key]: item }, path));
}

function walkOn(node: FieldNode | undefined, found: Found, into: Walk, isKnown: boolean): void {
  if (node !== undefined) walk(node, found, into, isKnown);
  else if (!isKnown) addLeaves(into, leavesOf(found.value, found.path));
}

function addLeaves({ unknown }: Walk, leaves: readonly Found[]): void {
  unknown.push(...leaves.filter(({ value }) => value !== false));
}
