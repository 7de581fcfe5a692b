// A recorded case in its folder: what was sent, what the driver did, how the pod changed, its events, what it printed.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** One change of a pod. */
export interface StatusLine {
  /** Seconds since the creation was asked for. */
  readonly t: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** Absent: the pod of the case. */
  readonly name?: string;
  readonly nodeName?: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
  readonly status: JsonObject;
}

export interface RecordedEvent {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly fieldPath?: string;
  readonly count?: number;
  /** Kind of the object that it is about. */
  readonly kind?: string;
}

/** One entry of actions.json, as it was written. */
export interface RecordedAction {
  readonly t: number;
  readonly action: string;
  readonly what?: string;
  readonly ok?: boolean;
  readonly code?: number;
  readonly grace?: number | null;
  readonly sub?: string;
  readonly method?: string;
  readonly path?: string;
  readonly body?: JsonObject;
  readonly error?: string;
  /** Which text of a static pod's manifest. */
  readonly v?: string;
}

/** Names of the cases in a folder, in order. */
export function casesIn(folder: string): string[] {
  const isCase = (name: string): boolean => existsSync(join(folder, name, "status.jsonl"));
  return readdirSync(folder).filter(isCase).sort();
}

/**
 * A line has the whole status, or what was `set` and `unset` against the line before of the same pod: the recorded cases
 * are kept so, to be small.
 */
export function readStatusLines(folder: string): StatusLine[] {
  const statuses = new Map<string, JsonObject>();
  return textLines(readFileSync(join(folder, "status.jsonl"), "utf8")).map((text) => {
    const { set, unset, status, ...line } = JSON.parse(text) as StoredLine;
    const name = line.name ?? "";
    const whole = status ?? merge(statuses.get(name) ?? {}, set ?? {}, unset ?? []);
    statuses.set(name, whole);
    return { ...line, status: whole };
  });
}

type StoredLine = Omit<StatusLine, "status"> & {
  readonly status?: JsonObject;
  readonly set?: JsonObject;
  readonly unset?: readonly string[];
};

export function readEvents(folder: string): RecordedEvent[] {
  return JSON.parse(readFileSync(join(folder, "events.json"), "utf8")) as RecordedEvent[];
}

export function readActions(folder: string): RecordedAction[] {
  const { actions } = JSON.parse(readFileSync(join(folder, "actions.json"), "utf8")) as {
    readonly actions: RecordedAction[];
  };
  return actions;
}

/** Names of log files and their texts; empty when none were read. */
export function readLogs(folder: string): ReadonlyMap<string, string> {
  const logs = join(folder, "logs");
  const names = existsSync(logs) ? readdirSync(logs).sort() : [];
  return new Map(names.map((name) => [name, readFileSync(join(logs, name), "utf8")]));
}

function merge(old: JsonObject, set: JsonObject, unset: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries({ ...old, ...set }).filter(([key]) => !unset.includes(key)));
}

function textLines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
