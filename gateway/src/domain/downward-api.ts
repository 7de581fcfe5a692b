/** Fields of the pod for variables and files. */
import { InputProblem } from "./input-problem.js";
import type { Value } from "./inputs.js";
import type { Pod } from "./kubernetes.js";
import { compareText } from "./text.js";
import { textValue } from "./values.js";

/** Addresses that the provider fills in. */
const SLOTS = new Map([
  ["status.podIP", "podIP"],
  ["status.podIPs", "podIPs"],
  ["status.hostIP", "hostIP"],
  ["status.hostIPs", "hostIPs"],
] as const);

/** fieldRef of a variable. @throws InputProblem */
export function fieldValue(pod: Pod, path: string): Value {
  const slot = SLOTS.get(path as Parameters<typeof SLOTS.get>[0]);
  if (slot !== undefined) return [{ kind: "address", slot }];
  if (path === "spec.nodeName" || path === "spec.host") return textValue(pod.spec.nodeName ?? "");
  if (path === "spec.serviceAccountName") return textValue(pod.spec.serviceAccountName ?? "");
  return textValue(fieldText(pod, path));
}

/** fieldRef of a file, or of a variable that metadata answers. @throws InputProblem */
export function fieldText({ metadata }: Pod, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/s.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === "labels" ? metadata.labels : metadata.annotations;
    return map?.[subscript[2] ?? ""] ?? "";
  }
  const text = FIELDS[path]?.(metadata);
  if (text === undefined) throw new InputProblem(`unsupported fieldPath: ${path}`);
  return text;
}

const FIELDS: Readonly<Record<string, (metadata: Pod["metadata"]) => string>> = {
  "metadata.name": ({ name }) => name,
  "metadata.namespace": ({ namespace }) => namespace,
  "metadata.uid": ({ uid }) => uid,
  "metadata.labels": ({ labels }) => formatMap(labels ?? {}),
  "metadata.annotations": ({ annotations }) => formatMap(annotations ?? {}),
};

/** Lines key="value", sorted by key, no newline at the end. */
export function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.entries(map)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `${key}=${quoteGo(value)}`)
    .join("\n");
}

const ESCAPES = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0007", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
]);
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** A text in double quotes, as Go's strconv.Quote. */
export function quoteGo(text: string): string {
  return `"${Array.from(text, quoteCharacter).join("")}"`;
}

function quoteCharacter(character: string): string {
  const escaped = ESCAPES.get(character);
  if (escaped !== undefined) return escaped;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
