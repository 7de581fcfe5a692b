// What an "until" of actions.json waits for, by its name: terminal, ready, running, restarts2, waiting:REASON, cond:TYPE=STATUS.

import { isList, isObject } from "./normalise.js";
import { statusesIn } from "./points.js";
import type { Json, JsonObject } from "./recording.js";

export type StatusPredicate = (status: JsonObject) => boolean;

const CONTAINERS = ["containerStatuses", "initContainerStatuses"];

export function predicateOf(name: string): StatusPredicate {
  const [, count] = /^restarts(\d+)$/.exec(name) ?? [];
  if (count !== undefined) return (status) => restartsIn(status) >= Number(count);
  const [, reason] = /^waiting:(.+)$/.exec(name) ?? [];
  if (reason !== undefined) return (status) => statusesIn(status, CONTAINERS).some((each) => waitsFor(each, reason));
  const [, type, value] = /^cond:(.+)=(.+)$/.exec(name) ?? [];
  if (type !== undefined && value !== undefined) return (status) => conditionOf(status, type) === value;
  if (name === "terminal") return ({ phase }) => phase === "Succeeded" || phase === "Failed";
  if (name === "ready") return (status) => conditionOf(status, "Ready") === "True";
  if (name === "running") return ({ phase }) => phase === "Running";
  throw new Error(`actions.json waits for something unknown: ${name}`);
}

function restartsIn(status: JsonObject): number {
  return Math.max(0, ...statusesIn(status, CONTAINERS).map(({ restartCount }) => Number(restartCount ?? 0)));
}

function waitsFor(container: JsonObject, reason: string): boolean {
  const state = container["state"];
  return isObject(state) && isObject(state["waiting"]) && state["waiting"]["reason"] === reason;
}

function conditionOf(status: JsonObject, type: string): Json | undefined {
  const conditions = isList(status["conditions"]) ? status["conditions"].filter(isObject) : [];
  return conditions.find((condition) => condition["type"] === type)?.["status"];
}
