// A pod's life as a sequence of points: what its phase, reasons and container states were, one after the other.

import { asText, isList, isObject, normalise } from "./normalise.js";
import type { Json, JsonObject, StatusLine } from "./recording.js";

export interface ContainerPoint {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly exitCode: number | null;
  readonly ready: boolean;
  readonly restarts: number;
}

export interface Point {
  /** Equal for equal points. */
  readonly key: string;
  /** For a person. */
  readonly title: string;
  /** Normalised; of the last change inside the point, as changes before it may be merged. */
  readonly status: JsonObject;
}

export function pointsOf(lines: readonly StatusLine[]): Point[] {
  const points: Point[] = [];
  for (const line of lines) {
    const point = toPoint(line);
    if (points.at(-1)?.key === point.key) points.pop();
    points.push(point);
  }
  return points;
}

export const CONTAINER_LISTS = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] as const;

export function statusesIn(status: JsonObject, lists: readonly string[]): JsonObject[] {
  return lists.flatMap((name) => {
    const list = status[name];
    return isList(list) ? list.filter(isObject) : [];
  });
}

function toPoint({ name = "", deletionTimestamp, status }: StatusLine): Point {
  const containers = statusesIn(status, CONTAINER_LISTS).map(containerPoint);
  const isDeleted = deletionTimestamp !== undefined;
  const { phase = null, reason = null } = status;
  const key = JSON.stringify([name, phase, reason, isDeleted, containers.map(Object.values)]);
  const marks = `${reason === null ? "" : `!${asText(reason)}`}${isDeleted ? "~" : ""}`;
  const title = `${name}${phase === null ? "None" : asText(phase)}${marks}[${containers.map(show).join(" ")}]`;
  return { key, title, status: sortConditions(normalise(status)) };
}

function containerPoint(status: JsonObject): ContainerPoint {
  const [state = "-", detail = {}] = Object.entries(isObject(status["state"]) ? status["state"] : {})[0] ?? [];
  const field = (name: string): Json => (isObject(detail) ? (detail[name] ?? null) : null);
  return {
    name: asText(status["name"]),
    state,
    reason: field("reason") as string | null,
    exitCode: field("exitCode") as number | null,
    ready: status["ready"] === true,
    restarts: Number(status["restartCount"] ?? 0),
  };
}

function show({ name, state, reason, exitCode, ready, restarts }: ContainerPoint): string {
  const why = reason === null ? "" : `/${reason}`;
  const code = exitCode === null ? "" : `=${exitCode}`;
  return `${name}:${(state[0] ?? "").toUpperCase()}${why}${code}${ready ? "+" : ""}${restarts > 0 ? `#${restarts}` : ""}`;
}

function sortConditions(status: Json): JsonObject {
  if (!isObject(status)) return {};
  const conditions = status["conditions"];
  if (!isList(conditions)) return status;
  const typeOf = (condition: Json): string => (isObject(condition) ? asText(condition["type"]) : "");
  return { ...status, conditions: [...conditions].sort((a, b) => (typeOf(a) < typeOf(b) ? -1 : 1)) };
}
