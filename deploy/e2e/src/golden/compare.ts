// Compares an observed case with a recorded one, on four levels, and tells each difference.

import { brokenInvariants } from "./invariants.js";
import { compareLogs } from "./log-lines.js";
import { asText, isList, isObject, normaliseText } from "./normalise.js";
import { type Point, pointsOf } from "./points.js";
import { type Json, readEvents, readLogs, type RecordedEvent, readStatusLines } from "./recording.js";

/**
 * - states: the sequence of phase, reason, terminating, and container states with reason, exit code, ready and restarts
 * - events: the set of type, reason, field and message of events about pods
 * - status: the whole status at every point of that sequence
 * - logs: what each container printed, line by line, in any order; of a clock's lines about as many
 */
export const LEVELS = ["states", "events", "status", "logs"] as const;
export type Level = (typeof LEVELS)[number];

export interface Comparison {
  readonly isEqual: Readonly<Record<Level, boolean>>;
  /** One line for each difference. */
  readonly differences: readonly string[];
  /** What the observed pod did that no pod may do. */
  readonly broken: readonly string[];
}

export function compareCases(expectedFolder: string, observedFolder: string): Comparison {
  const [wanted, lines] = [readStatusLines(expectedFolder), readStatusLines(observedFolder)];
  const [a, b] = [pointsOf(wanted), pointsOf(lines)];
  const states = compareStates(a, b);
  const events = compareEvents(readEvents(expectedFolder), readEvents(observedFolder));
  const status = compareStatus(a, b);
  const logs = compareLogs(readLogs(expectedFolder), readLogs(observedFolder));
  const isEqual = {
    states: states.length === 0,
    events: events.length === 0,
    status: states.length === 0 && status.length === 0,
    logs: logs.length === 0,
  };
  return { isEqual, differences: [...states, ...events, ...status, ...logs], broken: brokenInvariants(lines) };
}

function compareStates(expected: readonly Point[], observed: readonly Point[]): string[] {
  const keys = (points: readonly Point[]): string => JSON.stringify(points.map(({ key }) => key));
  if (keys(expected) === keys(observed)) return [];
  const titles = (points: readonly Point[]): string => points.map(({ title }) => title).join(" > ");
  return [`states expected ${titles(expected)}`, `states observed ${titles(observed)}`];
}

function compareEvents(expected: readonly RecordedEvent[], observed: readonly RecordedEvent[]): string[] {
  const [wanted, got] = [eventSet(expected), eventSet(observed)];
  const missing = [...wanted].filter((event) => !got.has(event)).sort();
  const unexpected = [...got].filter((event) => !wanted.has(event)).sort();
  return [
    ...missing.map((event) => `event missing    ${event}`),
    ...unexpected.map((event) => `event unexpected ${event}`),
  ];
}

function eventSet(events: readonly RecordedEvent[]): Set<string> {
  const ofPods = events.filter(({ kind }) => kind === "Pod");
  const fields = ({ type, reason, fieldPath, message }: RecordedEvent): unknown[] => [
    type ?? null,
    reason ?? null,
    fieldPath ?? null,
    normaliseText(message ?? ""),
  ];
  return new Set(ofPods.map((event) => JSON.stringify(fields(event))));
}

/** Of points that both have; a point that is there twice is judged by its last. */
function compareStatus(expected: readonly Point[], observed: readonly Point[]): string[] {
  const last = new Map(observed.map((point) => [point.key, point]));
  return expected.flatMap((point) => {
    const other = last.get(point.key);
    return other === undefined ? [] : compareLeaves(point, other);
  });
}

function compareLeaves(point: Point, other: Point): string[] {
  const [a, b] = [new Map(leaves(point.status)), new Map(leaves(other.status))];
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  const show = (value: Json | undefined): string => JSON.stringify(value ?? null);
  return paths
    .filter((path) => show(a.get(path)) !== show(b.get(path)))
    .map((path) => `status ${point.title} ${path}: expected ${show(a.get(path))}, observed ${show(b.get(path))}`);
}

/** Entries of lists go by their type or name. */
function* leaves(value: Json, path = ""): Generator<[string, Json]> {
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield* leaves(item, `${path}[${labelOf(item, index)}]`);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* leaves(item, `${path}.${key}`);
  } else yield [path, value];
}

function labelOf(item: Json, index: number): string {
  return isObject(item) ? asText(item["type"] ?? item["name"] ?? index) : String(index);
}
