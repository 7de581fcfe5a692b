// What may differ between two runs of the same node, and nothing else: times (there or not), ids, image names up to their
// last part, addresses, names of generated volumes, durations, namespace, node name, and cgroup v1's "no limit".

import type { Json, JsonObject } from "./recording.js";

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sha256:)?[0-9a-f]{32,64}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "ID"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, "IP"],
  [/kube-api-access-[a-z0-9]{5}/g, "kube-api-access-X"],
  [/\bg-[a-z0-9-]+\b/g, "NS"],
  [/\b\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m\d+(?:\.\d+)?s)\b/g, "DUR"],
  [/\b[a-z]+:\/\/ID/g, "RUNTIME://ID"],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"],
  [/Image size: \d+ bytes/g, "Image size: N bytes"],
  [/\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+/g, "STAMP"],
  [/\/[^ "]*\/pods\/ID/g, "/PODS/ID"],
  [/_g-[^ ()]+/g, "_NS"],
  [/(?:real|vk|ob)-\d+/g, "NODE"],
];

const NO_LIMIT = '{"memory":"9007199254740988Ki"}';

export function normaliseText(text: string): string {
  return RULES.reduce((result, [pattern, to]) => result.replace(pattern, to), text);
}

/** Field by field; keys in order. */
export function normalise(value: Json, key = ""): Json {
  if (isList(value)) return value.map((item) => normalise(item));
  if (isObject(value)) return normaliseObject(value);
  if (typeof value !== "string") return value;
  if (/(?:Time|At)$/.test(key)) return "TIME";
  if (key === "image") return lastPart(value);
  if (key === "imageID") return value === "" ? "" : "ID";
  return normaliseText(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string, number or boolean as text; anything else is no text. */
export function asText(value: Json | undefined): string {
  return typeof value === "object" || value === undefined ? "" : String(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function normaliseObject(value: JsonObject): JsonObject {
  const entries = Object.entries(value)
    .filter(([, item]) => JSON.stringify(item) !== NO_LIMIT)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, normalise(item, key)]));
}

/** One image may carry several names. */
function lastPart(image: string): string {
  return (image.split("/").at(-1) ?? "").split("@")[0]?.split(":")[0] ?? "";
}
