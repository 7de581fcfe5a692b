// What no pod may ever do, whatever was recorded.

import { asText, isList, isObject } from "./normalise.js";
import { statusesIn } from "./points.js";
import type { JsonObject, StatusLine } from "./recording.js";

/** Sentences about what was broken; each once, in order. */
export function brokenInvariants(lines: readonly StatusLine[]): string[] {
  const pods = new Map<string, PodMemory>();
  const ended = new Set<string>();
  const found = new Set<string>();
  for (const line of lines) {
    const name = line.name ?? "";
    const memory = line.type === "ADDED" ? newMemory() : (pods.get(name) ?? newMemory());
    pods.set(name, memory);
    for (const sentence of checkPod(line.status, memory)) found.add(sentence);
    for (const container of statusesIn(line.status, ["initContainerStatuses", "containerStatuses"])) {
      for (const sentence of checkContainer(container, memory, ended)) found.add(sentence);
    }
  }
  return [...found].sort();
}

interface PodMemory {
  startTime?: string;
  terminalPhase?: string;
  readonly conditions: Map<string, { readonly status: string; readonly since: string }>;
  readonly restarts: Map<string, number>;
}

function newMemory(): PodMemory {
  return { conditions: new Map(), restarts: new Map() };
}

function* checkPod(status: JsonObject, memory: PodMemory): Generator<string> {
  const { startTime, phase } = status;
  if (typeof startTime === "string") {
    memory.startTime ??= startTime;
    if (memory.startTime !== startTime) yield "startTime changed";
  }
  const { terminalPhase } = memory;
  if (terminalPhase !== undefined && phase !== terminalPhase) yield `phase ${terminalPhase} became ${asText(phase)}`;
  if (phase === "Succeeded" || phase === "Failed") memory.terminalPhase = phase;
  yield* checkConditions(status, memory);
}

function* checkConditions(status: JsonObject, { conditions }: PodMemory): Generator<string> {
  const list = isList(status["conditions"]) ? status["conditions"].filter(isObject) : [];
  for (const condition of list) {
    const [type, now] = [asText(condition["type"]), asText(condition["status"])];
    const since = asText(condition["lastTransitionTime"]);
    const old = conditions.get(type);
    const moved = old !== undefined && old.status === now && old.since !== since;
    if (moved && !type.startsWith("PodResize")) yield `${type} lastTransitionTime moved without a flip`;
    conditions.set(type, { status: now, since });
  }
}

function* checkContainer(container: JsonObject, { restarts }: PodMemory, ended: Set<string>): Generator<string> {
  const name = asText(container["name"]);
  const count = Number(container["restartCount"] ?? 0);
  if (count < (restarts.get(name) ?? 0)) yield `${name} restartCount fell`;
  restarts.set(name, count);
  const state = isObject(container["state"]) ? container["state"] : {};
  const id = container["containerID"];
  if (isObject(state["terminated"])) ended.add(asText(state["terminated"]["containerID"]));
  else if (state["running"] !== undefined && typeof id === "string" && id !== "" && ended.has(id)) {
    yield `${name} ran again as the same instance`;
  }
}
